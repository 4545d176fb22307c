// The photos of this tab: asked about, listed, and opened again, also by the browser's Back. Nothing else keeps them.

import { clear, show, showWaiting, startAgain } from "./answer.js";
import { ask } from "./asking.js";
import { drawThumbnail } from "./thumbnail.js";

const TOGETHER = 2; // photos under way at a time
const form = document.querySelector("#ask");
const status = document.querySelector("#status");
const section = document.querySelector("#photos");
const list = section.querySelector("ol");
let entries = [];
let pending = [];
let wanted = null; // the photo whose answer is shown as soon as it is there
let group = { done: 0, count: 0 }; // of those that were given at about the same time
let working = 0;

// Ask about photos, each a Blob: one is answered in the page's middle, several in the list.
export function look(photos) {
  const added = [...photos].map((photo) => newEntry(photo, photos.length > 1));
  if (!added.length) return;
  entries.push(...added);
  pending.unshift(...added); // whoever comes back with one more photo does not wait for a hundred
  group.count += added.length;
  wanted = added.length === 1 ? added[0] : null;
  if (wanted) showWaiting(wanted.photo);
  else clear();
  showList();
  if (!wanted) section.querySelector("#photos-title").focus();
  form.setAttribute("aria-busy", "true");
  showProgress();
  while (working < TOGETHER && pending.length) work();
}

// Everything that was answered, as the API says it; of a photo that was refused, why.
export function answers() {
  return entries.filter((entry) => entry.html).map((entry) => entry.answer);
}

async function work() {
  working++;
  for (let entry; (entry = pending.shift()); ) {
    take(entry, await ask(form, entry.photo, entry.many));
    group.done++;
    showProgress();
    if (entry === wanted) open(entry);
  }
  if (--working) return;
  form.removeAttribute("aria-busy");
  group = { done: 0, count: 0 };
}

function newEntry(photo, many) {
  const row = section.querySelector("template").content.firstElementChild.cloneNode(true);
  const entry = { id: crypto.getRandomValues(new Uint32Array(1))[0], photo, many, row, name: photo.name || "photo.jpg" };
  row.querySelector(".entry-name").textContent = entry.name;
  row.querySelector("button").addEventListener("click", () => entry.html && open(entry));
  drawThumbnail(photo, row.querySelector("canvas"));
  list.append(row);
  return entry;
}

function take(entry, html) {
  const drawn = new DOMParser().parseFromString(html, "text/html");
  const result = drawn.querySelector("[data-answer]");
  const said = (result ?? drawn).querySelector(result ? "#outcome" : ".problem p")?.textContent ?? "";
  entry.answer = { ...JSON.parse(result?.dataset.answer ?? "{}"), photo: entry.name }; // a form cannot send every name as it is
  if (result) result.dataset.answer = JSON.stringify(entry.answer);
  else entry.answer.problem = said;
  entry.html = drawn.body.innerHTML;
  entry.row.querySelector(".entry-answer").textContent = said;
  entry.row.classList.toggle("refused", !result);
  const sent = drawn.querySelector("#shown[src]"); // where the browser itself cannot show the photo
  if (sent) drawThumbnail(sent.src, entry.row.querySelector("canvas"));
}

function open(entry, back = false) {
  wanted = null;
  if (!back) history.pushState({ photo: entry.id }, "");
  show(entry.html, entry.photo);
  for (const other of entries) other.row.firstElementChild.setAttribute("aria-current", other === entry);
}

function showList() {
  section.hidden = entries.length < 2;
}

function showProgress() {
  const number = (count) => count.toLocaleString(document.documentElement.lang);
  const progress = form.dataset.progress.replace("{done}", number(group.done)).replace("{count}", number(group.count));
  status.textContent = group.count > 1 ? progress : form.dataset.looking;
}

section.querySelector("#clear").addEventListener("click", () => {
  [entries, pending, wanted] = [[], [], null];
  list.replaceChildren();
  history.pushState(null, "");
  clear();
  showList();
  status.textContent = "";
  form.querySelector("#photo").focus();
});

addEventListener("popstate", (event) => {
  const entry = entries.find((entry) => entry.id === event.state?.photo);
  if (entry) open(entry, true);
  else startAgain();
});
