// Comforts only: every page works without this file. Nothing is stored, sent or fetched here.
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
      await navigator.clipboard.writeText(address.textContent);
      copy.textContent = copy.dataset.copy;
    });
  }
})();
