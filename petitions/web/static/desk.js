// The desk's comforts: every page works without this file.
(() => {
  "use strict";
  const one = (selector) => document.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const problems = one("#problems");
  if (problems) problems.focus();

  // A form is sent once; coming back to the page frees its button again. (data-often: it may be sent again.)
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    if (form.dataset.often === undefined) form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
  });

  // A queue by keyboard: j and k move, other letters press the button of the row that carries them (data-key).
  const queue = () => one("[data-queue]");
  const rows = () => all("[data-row]");
  const move = (by) => {
    const list = rows();
    const at = list.findIndex((row) => row.contains(document.activeElement));
    const next = list[Math.min(list.length - 1, Math.max(0, at + by))];
    if (next) next.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (!queue() || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      move(event.key === "j" ? 1 : -1);
      return;
    }
    const row = event.target.closest("[data-row]");
    // A key that is held down acts once: the row that comes next was not read yet.
    const button = row && !event.repeat && all("[data-key]", row).find((each) => each.dataset.key === event.key);
    if (button) {
      event.preventDefault();
      button.click();
    }
  });
  if (queue() && rows().length && !problems) rows()[0].focus({ preventScroll: true });

  // What others did meanwhile: parts marked data-fresh follow the page, while it is seen and nobody works in them.
  const parts = all("[data-fresh][id]");
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts) {
        const now = page.getElementById(part.id);
        const busy = part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
        const typed = all("textarea", part).some((each) => each.value !== each.defaultValue);
        if (!now || busy || typed || now.innerHTML === part.innerHTML) continue;
        const row = document.activeElement.closest("[data-row]");
        part.replaceChildren(...now.childNodes);
        const again = row && document.getElementById(row.id);
        if (again) again.focus({ preventScroll: true });
      }
    } catch { /* no connection: the page stays as it is */ }
  };
  if (parts.length) setInterval(look, Number(parts[0].dataset.fresh) * 1000 || 15000);

  // A preview that follows what is typed: form[data-preview] is sent to that address, what comes back fills #preview.
  const written = one("form[data-preview]");
  const preview = one("#preview");
  if (written && preview) {
    let wait = 0;
    let nth = 0;
    const draw = async () => {
      const mine = ++nth;
      try {
        const answer = await fetch(written.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(written)) });
        if (!answer.ok || mine !== nth) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const drawn = page.getElementById("preview");
        if (drawn) preview.replaceChildren(...drawn.childNodes);
      } catch { /* the button shows the preview too */ }
    };
    written.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(draw, 300);
    });
  }
})();
