// The page's one script: news without reload, keys, decisions, and the search.  Everything that is
// shown comes from the server, already escaped.
"use strict";

const token = document.querySelector('meta[name="dedupd-token"]')?.content ?? "";
const main = document.getElementById("main");
const undone = JSON.parse(sessionStorage.getItem("dedupd-batches") ?? "[]");
let busy = false;

function say(text) { document.getElementById("said").textContent = text; }

function remember(batch) {
  undone.push({ batch, back: location.pathname + location.search });
  sessionStorage.setItem("dedupd-batches", JSON.stringify(undone.slice(-200)));
}

async function send(path, body) {
  const json = !(body instanceof Blob);
  const answer = await fetch(path, {
    method: "POST",
    headers: { "X-Dedupd-Token": token, ...(json ? { "Content-Type": "application/json" } : {}) },
    body: json ? JSON.stringify(body) : body,
  });
  if (answer.ok) return answer;
  const text = await answer.text();
  let told = text;
  try { const r = JSON.parse(text); told = [r.what, r.why, r.fix].filter(Boolean).join("; "); } catch { /* plain text */ }
  throw new Error(told || `the daemon answered ${answer.status}`);
}

async function load(url) {
  const answer = await fetch(url);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  return fresh;
}

// News: the parts marked data-live are replaced by what the server shows now.
async function refresh() {
  const fresh = await load(location.href);
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(old.id);
    if (now && now.innerHTML !== old.innerHTML) {
      const at = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      old.replaceChildren(...now.childNodes);
      if (at) [...old.querySelectorAll("a")].find((a) => a.getAttribute("href") === at)?.focus();
    }
  }
}

function follow() {
  const news = new EventSource("/live");
  let wanted = false;
  news.addEventListener("changed", async () => {
    if (wanted || document.hidden) { wanted = true; return; }
    wanted = true;
    try { await refresh(); } catch { /* the daemon restarts: the stream comes back by itself */ }
    wanted = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && wanted) { wanted = false; refresh().catch(() => {}); }
  });
  addEventListener("pagehide", () => news.close());
}

// Review: one pair at a time; the next one takes its place.
async function show(url) {
  const fresh = await load(url);
  main.replaceChildren(...fresh.getElementById("main").childNodes);
  document.getElementById("to-review").textContent = fresh.getElementById("to-review").textContent;
  history.replaceState(null, "", url);
  ready();
}

function ready() {
  const next = document.getElementById("next");
  for (const src of (next?.dataset.pictures ?? "").split(" ").filter(Boolean)) new Image().src = src;
}

function at(number) {
  const review = document.getElementById("review");
  return `${review.dataset.base}?n=${number}`;
}

async function decide(kind, needle, library) {
  const answer = await (await send("/decide", { kind, needle, library })).json();
  remember(answer.batch);
  return answer;
}

async function undo(batch) {
  let back = null;
  if (batch === undefined) {
    const last = undone.pop();
    sessionStorage.setItem("dedupd-batches", JSON.stringify(undone));
    batch = last?.batch ?? "";
    back = last?.back ?? null;
  }
  await send("/undo", { batch });
  return back;
}

const words = { same: "the same", different: "different", dismiss: "not wanted" };

async function act(button) {
  const review = document.getElementById("review");
  const pair = document.getElementById("pair");
  const kind = button.dataset.decide, what = button.dataset.do;
  if (kind) {
    const from = button.closest("[data-needle]");
    await decide(kind, from.dataset.needle, from.dataset.library ?? "");
    if (review) { await show(at(review.dataset.number)); say(`Decided: ${words[kind]}. ${document.getElementById("left").textContent} left.`); }
    else { button.closest(".tile").remove(); say(`Decided: ${words[kind]}. To take it back: review, then u.`); }
  } else if (what === "skip") {
    await show(at(Number(review.dataset.number) + 1));
    say("Skipped.");
  } else if (what === "undo") {
    const back = await undo();
    await show(back && back.startsWith(review.dataset.base) ? back : at(review.dataset.number));
    say("Taken back.");
  } else if (what === "flicker" || what === "difference") {
    const other = what === "flicker" ? "difference" : "flicker";
    const on = pair.classList.toggle(what);
    pair.classList.remove(other);
    pair.classList.toggle("over", on);
    button.setAttribute("aria-pressed", String(on));
    document.querySelector(`[data-do="${other}"]`).setAttribute("aria-pressed", "false");
  } else if (button.dataset.undo) {
    await undo(button.dataset.undo);
    document.getElementById("bulk-result").textContent = "Taken back.";
    await refresh();
  } else if ("sure" in button.dataset) {
    await bulk(true);
    if (review) await gone(review); else await refresh();
  }
}

// Of a group that was reviewed nothing is left: go on, and let the undo key take all of it back.
async function gone(review) {
  const result = document.getElementById("bulk-result");
  const batch = result.querySelector("[data-undo]")?.dataset.undo, count = result.querySelector("strong")?.textContent ?? "0";
  if (batch) remember(batch);
  await show(at(review.dataset.number));
  say(`${count} decided. ${document.getElementById("left").textContent} left.`);
}

async function bulk(sure) {
  const form = document.getElementById("bulk");
  const fields = Object.fromEntries(new FormData(form));
  const answer = await send("/bulk", { ...fields, folder: form.dataset.folder, library: form.dataset.library ?? "", sure });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("bulk-result").replaceChildren(...fresh.body.childNodes);
}

async function once(work) {
  if (busy) return;
  busy = true;
  try { await work(); } catch (problem) { say(problem.message); } finally { busy = false; }
}

const KEYS = { s: '[data-decide="same"]', d: '[data-decide="different"]', n: '[data-decide="dismiss"]', k: '[data-do="skip"]',
  " ": '[data-do="skip"]', u: '[data-do="undo"]', f: '[data-do="flicker"]', x: '[data-do="difference"]' };

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, summary, a[href]");
  const pressing = event.key === " " && event.target.closest("button");
  if (typing || pressing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const button = document.querySelector(`.keys ${KEYS[event.key] ?? "none"}`);
  if (!button || button.disabled) return;
  event.preventDefault();
  once(() => act(button));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-decide], button[data-do], button[data-undo], button[data-sure]");
  if (button) once(() => act(button));
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "bulk") return;
  event.preventDefault();
  once(() => bulk(false));
});

// Search: the picture goes to the daemon on this machine, and nowhere else.
function search(file) {
  const sought = document.getElementById("sought");
  const found = document.getElementById("found");
  if (sought.src) URL.revokeObjectURL(sought.src);
  sought.src = URL.createObjectURL(file);
  sought.hidden = false;
  sought.onerror = () => { sought.hidden = true; };
  found.textContent = "Looking ...";
  once(async () => {
    try {
      const answer = await send("/search", file);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      found.replaceChildren(...fresh.body.childNodes);
    } catch (problem) { found.textContent = problem.message; }
  });
}

const chosen = document.getElementById("file");
if (chosen) {
  const drop = chosen.closest(".drop");
  chosen.addEventListener("change", () => { if (chosen.files[0]) search(chosen.files[0]); });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files[0]) search(event.dataTransfer.files[0]);
    });
  }
}

ready();
if (document.querySelector("[data-live]")) follow();
