"use strict";

// What the pages do better with a script; each of them works without.

const every = (selector, within = document) => [...within.querySelectorAll(selector)];

// On a phone the places lie in a row: bring the current one into view.
document.querySelector(".side nav a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Comparison: n and p go from change to change.
const changes = every("[data-change]");
if (changes.length) {
  document.querySelector("[data-keys]").hidden = false;
  let at = -1;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !["n", "p"].includes(event.key)) return;
    const focused = changes.indexOf(document.activeElement);
    at = Math.min(changes.length - 1, Math.max(0, (focused < 0 ? at : focused) + (event.key === "n" ? 1 : -1)));
    changes[at].focus({ preventScroll: true });
    changes[at].scrollIntoView({ block: "start" });
  });
}
