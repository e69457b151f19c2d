"use strict";

// What the pages do better with a script; each of them works without.

const every = (selector, within = document) => [...within.querySelectorAll(selector)];

class Upload {
  // A request holds so many files and bytes at most: a short one can be cancelled, and its progress means something.
  static FILES = 20;
  static BYTES = 20e6;

  constructor(form) {
    this.form = form;
    this.entries = [];
    this.watched = new Map(); // what was sent and is being read: a job's id and its entries
    this.list = form.querySelector("[data-list]");
    this.stop = form.querySelector("[data-stop]");
    every("[data-scripted]", form).forEach((each) => { each.hidden = false; });
    const input = form.querySelector("input[type=file]");
    input.addEventListener("change", () => { this.add([...input.files]); input.value = ""; });
    const folder = Object.assign(document.createElement("input"), { type: "file", multiple: true, webkitdirectory: true });
    folder.addEventListener("change", () => this.add([...folder.files]));
    form.querySelector("[data-folder]")?.addEventListener("click", () => folder.click());
    this.acceptDrops(form.querySelector("[data-drop]"));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.stop.addEventListener("click", () => this.cancel());
    window.addEventListener("beforeunload", (event) => { if (this.request) event.preventDefault(); });
    this.show();
  }

  acceptDrops(zone) {
    for (const kind of ["dragover", "dragleave", "drop"]) {
      zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.toggle("over", kind === "dragover"); });
    }
    zone.addEventListener("drop", async (event) => {
      // The list of items is gone after the first wait, so everything is taken from it at once.
      const roots = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
      const found = [];
      for (const root of roots) found.push(...(root instanceof File ? [root] : root ? await filesIn(root) : []));
      this.add(found);
    });
  }

  add(files) {
    if (this.form.dataset.oneFile) { files = files.slice(0, 1); this.entries.splice(0).forEach((entry) => entry.item.remove()); }
    for (const file of files) {
      const path = file.path ?? (file.webkitRelativePath || file.name);
      if (file.name.startsWith(".") || this.entries.some((entry) => entry.path === path && entry.state !== "ended")) continue;
      const item = document.getElementById("file-line").content.firstElementChild.cloneNode(true);
      const entry = { file: file.blob ?? file, name: file.name, path, item, state: "chosen" };
      item.querySelector(".name").textContent = path;
      item.querySelector(".weight").textContent = weight(entry.file.size);
      item.querySelector(".drop-it").setAttribute("aria-label", `Take out ${path}`);
      item.querySelector(".again").setAttribute("aria-label", `Try ${path} again`);
      item.querySelector(".drop-it").addEventListener("click", () => { this.take(entry); });
      item.querySelector(".again").addEventListener("click", () => { entry.job = null; this.to(entry, "chosen", ""); this.send(); });
      this.entries.push(entry);
      this.list.append(item);
      if (entry.file.size === 0) this.fail(entry, "Not sent: the file is empty. Save it again with its text.");
      else if (entry.file.size > Number(this.form.dataset.mostBytes)) this.fail(entry, "Not sent: the file is too large. Split it.");
    }
    this.show();
  }

  take(entry) {
    this.entries.splice(this.entries.indexOf(entry), 1);
    entry.item.remove();
    this.show();
  }

  async send() {
    if (this.request || !this.entries.some((entry) => entry.state === "chosen")) return;
    this.cancelled = false;
    for (let batch; !this.cancelled && (batch = this.batch()).length; ) await this.sendBatch(batch);
    this.show();
  }

  batch() {
    const batch = [];
    let bytes = 0;
    for (const entry of this.entries) {
      if (entry.state !== "chosen") continue;
      bytes += entry.file.size;
      if (batch.length && (batch.length === Upload.FILES || bytes > Upload.BYTES)) break;
      batch.push(entry);
    }
    return batch;
  }

  async sendBatch(batch) {
    const fields = new FormData(this.form);
    fields.delete("file");
    for (const entry of batch) { fields.append("file", entry.file, entry.name); this.to(entry, "sending", "Sending"); }
    const posting = this.post(fields, batch);
    this.show();
    const answer = await posting;
    this.request = null;
    if (answer.status === 202) {
      for (const entry of batch) this.to(entry, "reading", "Waiting to be read");
      this.watch(JSON.parse(answer.text).job_id, batch);
    } else if (answer.status === 429) {
      for (const entry of batch) this.to(entry, "chosen", "Waiting for a place");
      await pause(answer.wait || 5);
    } else {
      const said = answer.status === 0 ? (this.cancelled ? "Cancelled." : "Not sent: the connection broke.") : reasonIn(answer);
      for (const entry of batch) this.fail(entry, said);
    }
    this.show();
  }

  post(fields, batch) {
    return new Promise((done) => {
      const request = this.request = new XMLHttpRequest();
      request.open("POST", this.form.action);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (event) => this.fill(batch, event.loaded / event.total));
      request.addEventListener("loadend", () => {
        done({ status: request.status, text: request.responseText, wait: Number(request.getResponseHeader("Retry-After")) });
      });
      request.send(fields);
    });
  }

  fill(batch, share) {
    let left = share * batch.reduce((sum, entry) => sum + entry.file.size, 0);
    for (const entry of batch) {
      entry.item.querySelector("progress").value = Math.max(0, Math.min(1, left / entry.file.size));
      left -= entry.file.size;
    }
  }

  async watch(job, batch) {
    for (const entry of batch) entry.job = job;
    this.watched.set(job, batch);
    if (this.watched.size > 1) return; // who looks for the others looks for this one too
    while (this.watched.size) {
      const asked = [...this.watched.keys()].slice(0, 50);
      const found = await progressOf(asked);
      if (!found) this.lose();
      for (const each of found ?? []) this.follow(each);
      for (const each of asked) if (!found?.some((known) => known.job_id === each && !known.ended)) this.watched.delete(each);
      this.show();
    }
  }

  follow(found) {
    found.lines.forEach((line, at) => {
      const entry = this.watched.get(found.job_id)[at];
      if (entry.job !== found.job_id) return; // it is being sent again
      if (line.tone === "waiting") { this.to(entry, "reading", line.said); return; }
      this.to(entry, "ended", line.said);
      tell(entry.item, line);
      entry.item.querySelector(".again").hidden = line.tone !== "bad";
    });
  }

  // The session has ended. The files are read all the same.
  lose() {
    for (const entry of this.entries) {
      if (entry.state !== "reading") continue;
      this.to(entry, "unknown", "");
      tell(entry.item, { tone: "wait", said: "It arrived, and your session has ended. Sign in again to see what became of it.", link: "/hr/uploads", link_name: "Your uploads" });
    }
    this.watched.clear();
  }

  cancel() {
    this.cancelled = true;
    this.request?.abort();
    for (const entry of this.entries) if (entry.state === "chosen") this.fail(entry, "Cancelled.");
    this.show();
  }

  fail(entry, said) {
    this.to(entry, "ended", said);
    entry.item.className = "bad";
    entry.item.querySelector(".again").hidden = false;
  }

  to(entry, state, said) {
    entry.state = state;
    entry.item.className = "";
    entry.item.querySelector(".said").textContent = said;
    entry.item.querySelector("progress").hidden = state !== "sending" && state !== "reading";
    // Without a value the bar moves by itself: nobody knows how long reading takes.
    if (state === "reading") entry.item.querySelector("progress").removeAttribute("value");
    if (state === "sending") entry.item.querySelector("progress").value = 0;
    entry.item.querySelector(".again").hidden = true;
    entry.item.querySelector(".drop-it").hidden = state === "sending" || state === "reading";
  }

  show() {
    const number = (state) => this.entries.filter((entry) => entry.state === state).length;
    const chosen = number("chosen"), busy = number("sending") + number("reading"), ended = number("ended");
    const refused = this.entries.filter((entry) => entry.item.className === "bad").length;
    this.form.querySelector("[data-files]").hidden = !this.entries.length;
    this.form.querySelector("[data-send]").textContent = chosen ? `Send ${chosen} ${chosen === 1 ? "file" : "files"}` : "Send";
    this.form.querySelector("[data-send]").hidden = !chosen && !busy && ended > 0;
    this.form.querySelector("[data-send]").disabled = Boolean(this.request) || !chosen;
    this.stop.hidden = !this.request;
    const review = this.form.querySelector("[data-review]");
    review.hidden = busy > 0 || chosen > 0 || !every(".open[href^='/hr/review/']", this.list).length;
    say(this.form.querySelector("[data-tally]"), ended || busy
      ? `${ended - refused} of ${this.entries.length} read` + (refused ? `, ${refused} not added` : "")
      : `${chosen} chosen`);
  }
}

async function filesIn(root) {
  if (root.isFile) {
    const blob = await new Promise((done, failed) => root.file(done, failed));
    return [{ blob, name: blob.name, path: root.fullPath.replace(/^\//, "") }];
  }
  const reader = root.createReader();
  const found = [];
  // A reader gives at most a hundred entries at a time, and none when there are no more.
  for (let some; (some = await new Promise((done, failed) => reader.readEntries(done, failed))).length; ) {
    for (const each of some) found.push(...(await filesIn(each)));
  }
  return found;
}

function reasonIn(answer) {
  try {
    const said = JSON.parse(answer.text);
    return `Not sent: ${said.reason ?? said.detail}`;
  } catch {
    return "Not sent: the server could not take it. Sign in again, then try once more.";
  }
}

function weight(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
}

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

// Adding documents: files and folders, sent in batches with their progress, then watched while they are read.
const sending = document.querySelector("[data-upload]");
if (sending) new Upload(sending);

// One upload, opened while it is being read.
const watched = document.querySelector("[data-job]")?.dataset.job;
if (watched) {
  const look = async () => {
    const items = every(".report li");
    for (let job; (job = (await progressOf([watched]))?.[0]) && !job.ended && job.lines.length === items.length; ) {
      items.forEach((item, at) => tell(item, job.lines[at]));
      say(document.querySelector("[data-job]"), job.said);
    }
    location.reload();
  };
  look();
}

// What takes longer than a page may is shown when it is there.
if (document.querySelector("[data-reload]")) setTimeout(() => location.reload(), 2000);

// How far these jobs are, in one request a moment however many they are, and again where the connection broke; null where the
// session has ended.
async function progressOf(jobs) {
  for (;;) {
    await pause(0.7);
    try {
      const answer = await fetch(`/hr/uploads/progress?${jobs.map((job) => `job=${job}`).join("&")}`);
      if (answer.redirected) return null;
      if (answer.ok) return (await answer.json()).jobs;
    } catch {
      // the server is being started anew, or the network is away
    }
    await pause(4);
  }
}

function pause(seconds) {
  return new Promise((go) => setTimeout(go, 1000 * seconds));
}

// What has not changed is not said once more to those who hear the page.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tell(item, line) {
  item.className = line.tone;
  item.querySelector(".said").textContent = line.said;
  const link = item.querySelector(".open");
  if (link && line.link) Object.assign(link, { href: line.link, textContent: line.link_name, hidden: false });
}

// What was typed is there again where it did not come through, as when the session ended meanwhile, and a text is as long as it is not
// sent. ``seen`` says how what a form is about stood: what has changed since is not filled in again.
const kept = new Map(JSON.parse(sessionStorage.getItem("kept") ?? "[]"));
const store = () => sessionStorage.setItem("kept", JSON.stringify([...kept]));
if (document.querySelector(".notice.done") && kept.delete(sessionStorage.getItem("sent"))) store();
document.querySelector("form[action='/hr/sign-out']")?.addEventListener("submit", () => sessionStorage.clear());
for (const form of every("form").filter((each) => each.elements.seen)) {
  const key = `${new URL(form.action).pathname} ${form.elements.seen.value}`;
  if (kept.has(key)) {
    for (const [name, value] of kept.get(key)) form.elements[name].value = value;
    form.prepend(Object.assign(document.createElement("p"), { className: "soft", textContent: "Filled in again as you left it." }));
  }
  const keep = () => {
    kept.set(key, [...new FormData(form)].filter(([name]) => !["csrf", "seen"].includes(name)));
    store();
  };
  form.addEventListener("submit", () => { keep(); sessionStorage.setItem("sent", key); });
  if (form.querySelector("textarea")) form.addEventListener("input", keep);
}

// A form that takes a while says so, and is not sent twice.
for (const form of every("form[data-slow]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button:not([type=button])");
    button.textContent = form.dataset.slow;
    setTimeout(() => { button.disabled = true; });
  });
}
