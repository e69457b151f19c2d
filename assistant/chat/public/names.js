"use strict";

// Chainlit's page has buttons that show a picture only, lists of things that are no list items, and links inside of
// buttons. People who hear the page or use it by keyboard get here what its pictures say to the others.

// The sign-in form finds its words by the phrase of an answer's status, which HTTP/2 does not send: then it would say nothing.
const PHRASES = { 401: "Unauthorized", 429: "Too Many Requests" };
const phrase = Object.getOwnPropertyDescriptor(Response.prototype, "statusText").get;
Object.defineProperty(Response.prototype, "statusText", {
  configurable: true,
  get() { return phrase.call(this) || (this.ok ? "" : PHRASES[this.status] ?? `Error ${this.status}`); },
});

// The page asks again and again who is there, and takes a server that does not answer for "nobody": it leaves for the sign-in page,
// and with it goes what was being typed. So that question waits until it is answered.
const ask = window.fetch;
window.fetch = async (resource, options) => {
  if (new URL(resource.url ?? resource, location.href).pathname !== "/user") return ask(resource, options);
  for (;;) {
    const answer = await ask(resource, options).catch(() => null);
    if (answer && answer.status < 500) return answer;
    await new Promise((go) => setTimeout(go, 2000));
  }
};

const NAMES = {
  en: {
    sidebar: "Conversations", search: "Search conversations", fresh: "New conversation", upload: "Add files", send: "Send",
    stop: "Stop", reveal: "Show or hide the password", copy: "Copy the answer", up: "Helpful", down: "Not helpful",
    close: "Close", more: "More about this conversation", user: "Your account", edit: "Change the question", end: "To the end of the conversation", source: "Source", theme: "Light or dark",
  },
  de: {
    sidebar: "Gespräche", search: "Gespräche durchsuchen", fresh: "Neues Gespräch", upload: "Dateien hinzufügen", send: "Senden",
    stop: "Anhalten", reveal: "Passwort zeigen oder verbergen", copy: "Antwort kopieren", up: "Hilfreich", down: "Nicht hilfreich",
    close: "Schließen", more: "Mehr zu diesem Gespräch", user: "Ihr Konto", edit: "Frage ändern", end: "Zum Ende des Gesprächs", source: "Quelle", theme: "Hell oder dunkel",
  },
};
const names = NAMES[document.documentElement.lang.slice(0, 2)] ?? NAMES.en;
const BY_SELECTOR = {
  "#sidebar-trigger-button": names.sidebar, "#search-chats-button": names.search, "#new-chat-button": names.fresh,
  "#upload-button": names.upload, "#chat-submit": names.send, "#stop-button": names.stop, "#user-nav-button": names.user,
  "#thread-options": names.more, "#theme-toggle": names.theme, ".positive-feedback-off, .positive-feedback-on": names.up,
  ".negative-feedback-off, .negative-feedback-on": names.down, ".edit-message": names.edit,
};
const BY_PICTURE = {
  "lucide-eye": names.reveal, "lucide-eye-off": names.reveal, "lucide-copy": names.copy, "lucide-check": names.copy,
  "lucide-arrow-left": names.close, "lucide-x": names.close, "lucide-arrow-down": names.end, "lucide-thumbs-up": names.up, "lucide-thumbs-down": names.down,
};

function mend() {
  for (const [selector, name] of Object.entries(BY_SELECTOR)) {
    for (const button of document.querySelectorAll(selector)) set(button, "aria-label", name);
  }
  for (const [picture, name] of Object.entries(BY_PICTURE)) {
    for (const drawn of document.querySelectorAll(`button svg.${picture}`)) {
      const button = drawn.closest("button");
      if (!button.textContent.trim() && !button.hasAttribute("aria-label")) set(button, "aria-label", name);
    }
  }
  for (const menu of document.querySelectorAll("#thread-options")) {
    set(menu, "role", "button");
    set(menu, "tabindex", "0");
  }
  // A button around a link, or inside of one, is passed over by the keyboard; the link is not.
  for (const button of document.querySelectorAll("#header button:has(> a), a > button[data-sidebar=menu-button]")) {
    set(button, "role", "group");
    set(button, "tabindex", "-1");
    set(button, "aria-label", button.textContent.trim());
  }
  // A list that is shut lies beside the window; the keyboard would go through every conversation in it, unseen.
  for (const list of document.querySelectorAll("[data-sidebar=sidebar]")) {
    list.inert = Boolean(list.closest("[data-state=collapsed]"));
  }
  for (const list of document.querySelectorAll("ul[data-sidebar=menu]")) {
    if ([...list.children].some((child) => child.tagName !== "LI")) set(list, "role", "group");
  }
  for (const dialog of document.querySelectorAll("[role=dialog][aria-labelledby]")) {
    if (document.getElementById(dialog.getAttribute("aria-labelledby"))) continue;
    dialog.removeAttribute("aria-labelledby");
    set(dialog, "aria-label", dialog.querySelector("h1, h2")?.textContent.trim() || names.source);
  }
  for (const handle of document.querySelectorAll("[role=separator][aria-controls]")) {
    if (!document.getElementById(handle.getAttribute("aria-controls"))) handle.removeAttribute("aria-controls");
  }
}

// What has been answered is said once it is whole; nothing else on the page tells people who hear it that it has come.
// It is in a tree of its own, so that who looks for words on the page finds them once.
const place = document.createElement("div");
place.className = "pd-heard";
const heard = document.createElement("div");
heard.setAttribute("role", "status");
place.attachShadow({ mode: "closed" }).append(heard);
let answering = false;

function tell() {
  if (!place.isConnected) document.body.append(place);
  const busy = Boolean(document.querySelector("#stop-button"));
  if (busy !== answering) heard.textContent = busy ? "" : lastSaid();
  answering = busy;
}

function lastSaid() {
  const steps = [...document.querySelectorAll("[data-step-type]")];
  const asked = steps.findLastIndex((step) => step.dataset.stepType === "user_message");
  const said = steps.slice(asked + 1).filter((step) => step.dataset.stepType === "assistant_message");
  return said.map((step) => (step.querySelector(".message-content") ?? step).innerText.trim()).join("\n");
}

function set(element, attribute, value) {
  if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}

// A menu that was no button opens by keyboard too.
document.addEventListener("keydown", (event) => {
  if (event.target.id === "thread-options" && ["Enter", " "].includes(event.key)) {
    event.preventDefault();
    event.target.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0 }));
  }
});

let waiting = false;
new MutationObserver(() => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; mend(); tell(); });
}).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-state"] });
mend();
