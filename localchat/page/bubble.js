// Draws one bubble: a message, or the messages of one album. Clicks are named by data-action and handled elsewhere.

import { h, icon } from "./dom.js";
import { fileUrl, kindOf, media } from "./media.js";
import { formatted, isOnlyEmoji } from "./text.js";
import { language, word } from "./words.js";

const SHOWN = ["image/jpeg", "image/png", "image/webp", "image/gif"];
const WIDEST = 380; // pixels of a single picture
const HIGHEST = 440;


export function bubble(messages) {
  const [message] = messages;
  const photos = messages.filter(({ photo }) => photo);
  const words = messages.find(({ text, caption }) => text || caption) ?? {};
  const text = words.text ?? words.caption;
  const big = words.text && !message.reply_to_message && isOnlyEmoji(words.text);
  const width = photos.length === 1 ? fitted(photos[0].photo.at(-1)).width : photos.length ? WIDEST : undefined;
  const body = h(
    "div",
    { className: `bubble${photos.length ? " pictured" : ""}${big ? " big" : ""}`, style: width ? { width: `${width}px` } : {} },
    message.reply_to_message && quote(message.reply_to_message),
    photos.length ? pictures(photos) : undefined,
    message.document && !message.animation && attachment(message.document),
    kindOf(message) && media(message),
    text && h("p", { dir: "auto" }, formatted(text, words.entities ?? words.caption_entities), room(message)),
    time(message),
  );
  const keyboard = message.reply_markup?.inline_keyboard;
  return h("div", { className: "column" }, body, keyboard && buttons(message, keyboard));
}

// What a message says in a few words, for quotes.
export function summary(message) {
  const kind = kindOf(message);
  const name = message.photo ? word("photo") : message.document && !kind ? message.document.file_name : kind && word(kind);
  return message.text ?? message.caption ?? name ?? "";
}

export const sender = (message) => (message.from.is_bot ? message.from.first_name : word("you"));

function stamp(message) {
  const at = new Date(message.date * 1000);
  const shown = at.toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" });
  return [
    message.edit_date && h("span", {}, word("edited")),
    h("time", { dateTime: at.toISOString(), title: at.toLocaleString(language()) }, shown),
    !message.from.is_bot && icon(message.pending ? "clock" : "ticks"),
  ];
}

const time = (message) => h("span", { className: "time" }, ...stamp(message));

// The same once more at the end of the text, invisible: it keeps the last line clear of the time.
const room = (message) => h("span", { className: "room", ariaHidden: "true" }, ...stamp(message));

function quote(message) {
  return h(
    "button",
    { type: "button", className: "quote", dataset: { action: "jump", id: message.message_id } },
    message.photo && h("img", { src: fileUrl(message.photo[0].file_id), alt: "" }),
    h("span", {}, h("b", {}, sender(message)), h("span", {}, summary(message))),
  );
}

function fitted({ width, height }) {
  const shrink = Math.min(1, WIDEST / width, HIGHEST / height);
  return { width: Math.max(180, Math.round(width * shrink)), height: Math.max(80, Math.round(height * shrink)) };
}

function pictures(photos) {
  const album = h("div", { className: `pictures count-${Math.min(photos.length, 4)}${photos.length % 2 ? " odd" : ""}` });
  for (const { photo, caption, message_id: id } of photos) {
    const largest = photo.at(-1);
    const shown = photo.find(({ width, height }) => Math.max(width, height) >= 640) ?? largest;
    const frame = photos.length === 1 ? fitted(largest) : { width: 1, height: 1 };
    const image = h("img", { src: fileUrl(shown.file_id), alt: caption ?? word("photo"), style: { aspectRatio: `${frame.width} / ${frame.height}` } });
    image.addEventListener("error", () => image.replaceWith(h("span", { className: "gone" }, word("gone"))), { once: true });
    const dataset = { action: "open", src: fileUrl(largest.file_id), caption: caption ?? "", id };
    album.append(h("button", { type: "button", title: word("enlarge"), dataset }, image));
  }
  return album;
}

function attachment({ file_id: id, file_name: name = word("file"), file_size: size, mime_type: type }) {
  const url = fileUrl(id);
  const details = h("span", { className: "details" }, h("b", {}, name), h("span", {}, bytes(size)));
  if (SHOWN.includes(type)) {
    const image = h("img", { src: url, alt: "" });
    image.addEventListener("error", () => image.replaceWith(badge(name)), { once: true });
    return h("button", { type: "button", className: "file", title: word("enlarge"), dataset: { action: "open", src: url, caption: name } }, image, details);
  }
  return h("a", { className: "file", href: url, download: name }, badge(name), details);
}

function badge(name) {
  const suffix = name.lastIndexOf(".") > 0 ? name.split(".").at(-1).slice(0, 4) : "";
  return h("span", { className: "badge" }, suffix || icon("file"));
}

function bytes(size = 0) {
  const units = language() === "fr" ? ["o", "Ko", "Mo", "Go"] : ["B", "KB", "MB", "GB"];
  const power = size < 1024 ? 0 : Math.min(3, Math.floor(Math.log(size) / Math.log(1024)));
  return `${(size / 1024 ** power).toLocaleString(language(), { maximumFractionDigits: 1 })} ${units[power]}`;
}

function buttons(message, rows) {
  const drawn = rows.map((row) => h("div", {}, ...row.map((button) => drawnButton(message, button))));
  return h("div", { className: "keyboard" }, ...drawn);
}

function drawnButton(message, button) {
  if (button.url) return h("a", { href: button.url, target: "_blank", rel: "noopener noreferrer" }, button.text, icon("out"));
  const dataset = { action: "press", id: message.message_id, data: button.callback_data };
  return h("button", { type: "button", className: button.style ?? "", dataset }, button.text);
}
