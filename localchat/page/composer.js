// Where a person types, and gathers photos and files before they are sent.

import * as commands from "./commands.js";
import { $, h, icon } from "./dom.js";
import { sendFiles, sendPhotos, sendText } from "./server.js";
import { translate, word } from "./words.js";

const form = $("#composer");
const text = $("#text");
const tray = $("#tray");
const asFile = $("#as-file");
const kinds = $("#kinds");
const attach = $("#attach");
const drop = $("#drop");
let gathered = [];
let report = () => {};
let sending = Promise.resolve(); // one after the other, so that messages keep their order

export function onError(callback) {
  report = callback;
}

export function say(words) {
  return inOrder(() => sendText(words));
}

export function draw() {
  tray.hidden = !gathered.length;
  tray.querySelector("ul").replaceChildren(...gathered.map(card));
  text.dataset.placeholder = gathered.length ? "caption" : "message";
  translate(form);
  ready();
}

function ready() {
  form.classList.toggle("ready", Boolean(gathered.length || text.value.trim()));
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 180)}px`;
}

function gather(files, how) {
  gathered.push(...files);
  if (how === "files") asFile.checked = true;
  draw();
  text.focus();
}

function card(file) {
  const picture = file.type.startsWith("image/") && h("img", { src: URL.createObjectURL(file), alt: file.name });
  if (picture) {
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    picture.addEventListener("error", () => picture.replaceWith(icon("file")), { once: true });
  }
  const away = h("button", { type: "button", title: word("remove"), ariaLabel: `${word("remove")} ${file.name}` }, icon("close"));
  away.addEventListener("click", () => {
    gathered = gathered.filter((other) => other !== file);
    draw();
    text.focus();
  });
  return h("li", { title: file.name }, picture || icon("file"), h("span", {}, file.name), away);
}

async function submit() {
  const [files, words, whole] = [gathered, text.value.trim(), asFile.checked];
  if (!files.length && !words) return;
  gathered = [];
  text.value = "";
  asFile.checked = false;
  commands.close();
  draw();
  const sent = await inOrder(() => sendAll(files, words, whole));
  if (sent || text.value || gathered.length) return;
  [gathered, text.value, asFile.checked] = [files, words, whole]; // give it back, so that nothing is lost
  draw();
}

async function sendAll(files, words, whole) {
  const photos = whole ? [] : files.filter(({ type }) => type.startsWith("image/"));
  const others = files.filter((file) => !photos.includes(file));
  if (!files.length) await sendText(words);
  if (photos.length) await sendPhotos(photos, words);
  if (others.length) await sendFiles(others, photos.length ? "" : words);
}

function inOrder(send) {
  const result = sending.then(send).then(
    () => true,
    (error) => {
      report(error.message);
      return false;
    },
  );
  sending = result;
  return result;
}

function openKinds(open) {
  kinds.hidden = !open;
  attach.setAttribute("aria-expanded", String(open));
  if (open) kinds.querySelector("button").focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
text.addEventListener("input", () => {
  ready();
  commands.suggest(text.value);
});
text.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (commands.move(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
  } else if (event.key === "Escape") commands.close();
  else if (event.key === "Tab" && !event.shiftKey && commands.take()) event.preventDefault();
  else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (!commands.take()) submit();
  }
});
commands.onChoose((command) => {
  text.value = "";
  ready();
  say(command);
  text.focus();
});

attach.addEventListener("click", () => openKinds(kinds.hidden));
kinds.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-pick]");
  if (!choice) return;
  openKinds(false);
  $(`#${choice.dataset.pick}`).click();
});
kinds.addEventListener("keydown", (event) => {
  const items = [...kinds.children];
  const now = items.indexOf(document.activeElement);
  if (event.key === "Escape") {
    openKinds(false);
    attach.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    items[(now + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length].focus();
  }
});
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest("#kinds, #attach")) openKinds(false);
});
for (const how of ["photos", "files"]) {
  $(`#${how}`).addEventListener("change", ({ target }) => {
    gather([...target.files], how);
    target.value = "";
  });
}

document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (!files.length || form.hidden) return;
  event.preventDefault();
  gather(files, "photos");
});
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragenter", (event) => {
  if (carriesFiles(event)) drop.hidden = form.hidden;
});
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  for (const zone of drop.children) zone.classList.toggle("over", zone.contains(event.target));
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.hidden = true;
});
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  drop.hidden = true;
  if (form.hidden) return;
  gather([...event.dataTransfer.files], event.target.closest("[data-drop]")?.dataset.drop ?? "photos");
});
