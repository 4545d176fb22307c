// Where a person types, and gathers photos and files before they are sent.

import * as commands from "./commands.js";
import { $, h, icon } from "./dom.js";
import { sender, summary } from "./bubble.js";
import { post } from "./pending.js";
import { EMBLEMS } from "./media.js";
import { here } from "./server.js";
import { translate, word } from "./words.js";

const form = $("#composer");
const text = $("#text");
const tray = $("#tray");
const asFile = $("#as-file");
const kinds = $("#kinds");
const attach = $("#attach");
const drop = $("#drop");
const one = $("#one");
const quoted = $("#quoted");
const ALBUM = 10; // most photos in one album
const ACCEPTED = { // by kinds of message that need a file
  sticker: ".webp,.webm,.tgs", animation: "video/mp4,image/gif", video: "video/*", video_note: "video/*",
  voice: "audio/*", audio: "audio/*", live_photo: "image/*,video/*",
};
let gathered = [];
let kind; // of message that a file is chosen for
let replied; // the message that is replied to

export function say(words) {
  post({ text: words, reply_to: replied?.message_id });
  reply();
}

// Replies to a message with what is sent next; to none again without one.
export function reply(message) {
  replied = message;
  quoted.hidden = !message;
  if (!message) return;
  quoted.querySelector("b").textContent = sender(message);
  quoted.querySelector("span").textContent = summary(message);
  text.focus();
}

export function draw() {
  tray.hidden = !gathered.length;
  tray.querySelector("ul").replaceChildren(...gathered.map(card));
  text.dataset.placeholder = gathered.length ? "caption" : here.group ? "mention" : "message";
  translate($("footer"));
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

function submit() {
  const [files, words, whole] = [gathered, text.value.trim(), asFile.checked];
  if (!files.length && !words) return;
  gathered = [];
  text.value = "";
  asFile.checked = false;
  commands.close();
  draw();
  const photos = whole ? [] : files.filter(({ type }) => type.startsWith("image/"));
  const others = files.filter((file) => !photos.includes(file));
  const reply_to = replied?.message_id;
  reply();
  if (!files.length) post({ text: words, reply_to });
  for (let start = 0; start < photos.length; start += ALBUM) {
    post({ kind: "photo", files: photos.slice(start, start + ALBUM), caption: start ? "" : words, reply_to });
  }
  if (others.length) post({ kind: "document", files: others, caption: photos.length ? "" : words, reply_to });
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
  const choice = event.target.closest("button");
  if (!choice) return;
  openKinds(false);
  if (!choice.dataset.kind) return $(`#${choice.dataset.pick}`).click();
  kind = choice.dataset.kind;
  if (!ACCEPTED[kind]) return post({ kind });
  one.accept = ACCEPTED[kind];
  one.multiple = kind === "live_photo";
  one.click();
});
one.addEventListener("change", () => {
  post({ kind, files: [...one.files], caption: text.value.trim(), reply_to: replied?.message_id });
  text.value = one.value = "";
  reply();
  ready();
});
$("#quoted button").addEventListener("click", () => reply());
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
for (const [name, emblem] of Object.entries(EMBLEMS)) {
  const parts = [h("span", { className: "emblem", ariaHidden: "true" }, emblem), h("span", { dataset: { word: name } })];
  kinds.append(h("button", { type: "button", role: "menuitem", dataset: { kind: name } }, ...parts));
}
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
