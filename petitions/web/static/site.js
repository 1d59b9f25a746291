// Comforts only: every page works without this file. Nothing is stored; the public count is fetched, and the form that
// somebody sends tells which site led here.
(() => {
  "use strict";
  const one = (selector) => document.querySelector(selector);

  // After a form that could not be taken: read the problems out and bring them into view.
  const problems = one("#problems");
  if (problems) problems.focus();

  // The bar at the bottom of a narrow page goes while the form is in view.
  const form = one("#sign");
  const bar = one(".stick");
  if (form && bar && "IntersectionObserver" in window) {
    new IntersectionObserver(([seen]) => bar.classList.toggle("gone", seen.isIntersecting)).observe(form);
  }

  // Where no code of a link tells it: the name of that other site alone, never the page on it.
  const led = one("[name=referrer]");
  const host = (document.referrer.match(/^https?:\/\/([^/:?#]+)/) || [])[1];
  if (led && !led.value && host && host !== location.hostname && !/[?&]from=/.test(location.search)) led.value = host;

  // A card taller than the window sticks by its end, so that its button can be reached beside a long text.
  const card = one(".card");
  if (card && "ResizeObserver" in window) {
    const place = () => {
      card.style.insetBlockStart = `${Math.min(16, innerHeight - card.offsetHeight - 16)}px`;
    };
    new ResizeObserver(place).observe(card);
    addEventListener("resize", place);
  }

  // A number that is still being given: look again (without JavaScript the page does so by itself).
  const again = one("[data-again]");
  if (again) setTimeout(() => location.reload(), Number(again.dataset.again));

  // A form is sent once; coming back to the page by "back" frees its button again.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const sent of document.querySelectorAll("form[data-sent]")) delete sent.dataset.sent;
  });

  // An address can be copied where the browser allows it.
  const address = one(".address");
  const copy = one("[data-copy]");
  if (address && copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(address.textContent);
        copy.textContent = copy.dataset.copy;
      } catch { /* not allowed: the address stands beside it */ }
    });
  }

  // While somebody looks at an open statement, its numbers follow the count: told by the site (server-sent events),
  // and where that can't be, asked for now and then. Screen readers are not interrupted: they read what stands there.
  const live = one("[data-live]");
  if (live && window.Intl) {
    const SOON = 15e3, LATE = 3e5; // milliseconds
    const { lang } = document.documentElement;
    const numbers = new Intl.NumberFormat(lang);
    const plurals = new Intl.PluralRules(lang);
    const every = (selector, act) => document.querySelectorAll(selector).forEach(act);
    let revision = Number(live.dataset.revision), at = "", looking = false, over = false, wait, failed, timer, source;

    const fill = (node, text) => {
      for (const child of node.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) child.data = child.data.replace("#", text);
        else fill(child, text);
      }
      return node;
    };
    const say = (n, ...all) => all.forEach((what) => {
      const form = one(`[data-form="${what} ${plurals.select(n)}"]`);
      if (form) every(`[data-says=${what}]`, (place) => {
        place.replaceChildren(fill(form.content.cloneNode(true), numbers.format(n)));
        place.hidden = !n && /^[ao]/.test(what); // "all", "organisations"
      });
    });
    const show = (count) => {
      at = count.at;
      say(count.people, "people", "bar", "persons");
      say(count.organisations, "organisations", "all", "bodies");
      every("[data-first]", (words) => count[words.dataset.first] && words.remove());
      // Said of another number of organisations.
      every("[data-of]", (words) => {
        words.hidden = Number(words.dataset.of) !== count.organisations;
      });
      if (!count.goal) return;
      say(count.goal, "goal");
      every(".goal progress", (bar) => {
        bar.max = count.goal;
        bar.value = count.people;
      });
    };

    const pause = () => {
      clearTimeout(timer);
      if (source) source.close();
    };
    const listen = () => {
      pause();
      if (!window.EventSource) return later();
      source = new EventSource(live.dataset.live);
      source.onopen = () => {
        wait = SOON;
        failed = 0;
      };
      source.onmessage = (event) => {
        if (Number(event.lastEventId) < revision) return;
        revision = Number(event.lastEventId);
        show(JSON.parse(event.data));
      };
      // Closed: no place is left, or it is no answer of ours. Else the browser is already trying again.
      source.onerror = () => {
        if (source.readyState === EventSource.CLOSED || ++failed > 2) later();
      };
    };
    const later = () => {
      pause();
      timer = setTimeout(ask, wait * (0.75 + Math.random() / 2));
      wait = Math.min(2 * wait, LATE);
    };
    const ask = async () => {
      try {
        const count = await (await fetch(live.dataset.count)).json();
        if (looking && count.at >= at) show(count);
        if (count.open === false) return close();
      } catch { /* not now */ }
      if (looking) listen();
    };
    // Signing has ended: nothing more is asked, and the page says so. What was typed stays in it.
    const close = () => {
      const words = one("[data-closed]");
      const fields = form.querySelector("form");
      if (over) return;
      over = true;
      fields.before(words.content.cloneNode(true));
      fields.hidden = true;
      every(".stick, [data-first]", (part) => part.remove());
    };
    const look = (on) => {
      if (on === looking || over) return;
      looking = on;
      wait = SOON;
      failed = 0;
      if (on) listen();
      else pause();
    };
    document.addEventListener("visibilitychange", () => look(!document.hidden));
    addEventListener("pageshow", () => look(!document.hidden));
    addEventListener("pagehide", () => look(false));
  }
})();
