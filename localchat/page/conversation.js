// Keeps the list of messages on the page in step with the chat: adds, edits, deletes, groups, scrolls.

import { bubble, sender } from "./bubble.js";
import { $, h, icon } from "./dom.js";
import { language, word } from "./words.js";

const RUN = 600; // seconds; closer messages of one sender stand together
const NEAR = 120; // pixels from the end that still count as being there

const list = $("#messages");
const scroller = $("#scroller");
const down = $("#down");
const messages = new Map(); // id: message
const places = new Map(); // id: list item; an album's messages share one
let initials = "";
let unseen = 0;

export const isEmpty = () => !messages.size && !list.querySelector(".pending");

export function setAvatar(text, photo) {
  initials = photo ? "" : text;
  document.documentElement.style.setProperty("--photo", photo ? `url("${photo}")` : "none");
  for (const avatar of document.querySelectorAll(".avatar")) avatar.textContent = initials;
}

export function clear() {
  messages.clear();
  places.clear();
  list.replaceChildren();
  unseen = 0;
  offerDown();
}

export function add(message) {
  if (messages.has(message.message_id)) return;
  const stay = isAtEnd() || !message.from.is_bot;
  messages.set(message.message_id, message);
  const album = onTheWay() ? onTheWay().previousElementSibling : list.lastElementChild;
  if (message.photo && message.media_group_id && album?.dataset.album === message.media_group_id) {
    place(message, album);
  } else {
    separateDay(message);
    place(message, insert(h("li", { className: message.from.is_bot ? "in" : "out" })));
  }
  if (stay) toEnd();
  else unseen += 1;
  offerDown();
}

// Shows messages that are still on their way; returns their place in the list.
export function pend(drafts) {
  separateDay(drafts[0]);
  const item = h("li", { className: "out first last pending", ariaLive: "off" }, bubble(drafts));
  list.append(item);
  toEnd();
  return item;
}

export function drop(item) {
  for (const shown of item.querySelectorAll("[src^='blob:']")) URL.revokeObjectURL(shown.src);
  item.remove();
}

export function edit(message) {
  if (!messages.has(message.message_id)) return;
  messages.set(message.message_id, message);
  const stay = isAtEnd();
  draw(places.get(message.message_id));
  if (stay) toEnd();
}

export function remove(id) {
  const item = places.get(id);
  if (!item) return;
  messages.delete(id);
  places.delete(id);
  const left = ids(item).filter((other) => other !== id);
  item.dataset.ids = left.join(" ");
  if (left.length) return draw(item);
  const next = item.nextElementSibling;
  const previous = item.previousElementSibling;
  item.remove();
  if (previous?.className === "day" && next?.className !== "in" && !next?.dataset.ids) previous.remove();
  [previous, next].forEach(group);
}

export function redraw() {
  const all = [...messages.values()];
  const waiting = [...list.querySelectorAll(".pending")];
  clear();
  all.forEach(add);
  list.append(...waiting);
}

export const message = (id) => messages.get(id);

export function jump(id) {
  const item = places.get(id);
  if (!item) return;
  item.scrollIntoView({ block: "center", behavior: "smooth" });
  item.classList.remove("found");
  requestAnimationFrame(() => item.classList.add("found"));
}

export function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

const ids = (item) => (item.dataset.ids ?? "").split(" ").filter(Boolean).map(Number);
const onTheWay = () => list.querySelector(".pending:not(.failed)");
const insert = (item) => list.insertBefore(item, onTheWay());
const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;

function place(message, item) {
  places.set(message.message_id, item);
  item.dataset.ids = [...ids(item), message.message_id].join(" ");
  if (message.media_group_id && message.photo) item.dataset.album = message.media_group_id;
  draw(item);
  [item.previousElementSibling, item].forEach(group);
}

function draw(item) {
  const shown = ids(item).map((id) => messages.get(id));
  item.setAttribute("aria-label", sender(shown[0]));
  const face = shown[0].from.is_bot ? [h("span", { className: "avatar", ariaHidden: "true" }, initials)] : [];
  const dataset = { action: "reply", id: shown[0].message_id };
  const reply = h("button", { type: "button", className: "reply", title: word("reply"), dataset }, icon("reply"));
  item.replaceChildren(...face, bubble(shown), reply);
}

// Whether an item begins or ends a run of one sender decides its corners, its gap and where the avatar stands.
function group(item) {
  if (!item?.dataset.ids) return;
  item.classList.toggle("first", !together(item.previousElementSibling, item));
  item.classList.toggle("last", !together(item, item.nextElementSibling));
}

function together(one, other) {
  if (!one?.dataset.ids || !other?.dataset.ids) return false;
  const [before, after] = [messages.get(ids(one)[0]), messages.get(ids(other)[0])];
  return before.from.id === after.from.id && after.date - before.date < RUN;
}

function separateDay(message) {
  const day = new Date(message.date * 1000).toDateString();
  if ([...list.querySelectorAll(".day")].at(-1)?.dataset.day === day) return;
  insert(h("li", { className: "day", dataset: { day } }, h("span", {}, dayName(new Date(day)))));
}

function dayName(day) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - day) / 86400000);
  if (days < 2) return word(days < 1 ? "today" : "yesterday");
  return day.toLocaleDateString(language(), { day: "numeric", month: "long" });
}

function offerDown() {
  if (isAtEnd()) unseen = 0;
  down.hidden = isAtEnd();
  down.querySelector("span").textContent = unseen || "";
}

scroller.addEventListener("scroll", offerDown, { passive: true });
down.addEventListener("click", () => scroller.scrollTo({ top: scroller.scrollHeight, behavior: "smooth" }));
new ResizeObserver(() => {
  if (!unseen && down.hidden) toEnd();
}).observe(list);
