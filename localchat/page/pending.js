// What is on its way to the chat: a bubble with a clock at once, progress, and what failed, which can be sent again.

import * as conversation from "./conversation.js";
import { h, icon } from "./dom.js";
import { send } from "./server.js";
import { word } from "./words.js";

const LARGE = 200_000; // bytes from which progress is shown
const onTheWay = []; // sent, or being sent, and not seen in the chat yet
let sending = Promise.resolve(); // one after the other, so that messages keep their order

// Sends a message, described as for `send` of the server.
export function post(message) {
  const left = ["photo", "document"].includes(message.kind) ? message.files.length : 1;
  start({ message, left, item: conversation.pend(drafts(message)) });
}

// A message of the person has come to the chat, which is the first one on its way, or the next of its album.
export function arrived() {
  const [entry] = onTheWay;
  if (!entry) return;
  conversation.drop(entry.item);
  entry.left -= 1;
  if (!entry.left) onTheWay.shift();
}

function start(entry) {
  const size = (entry.message.files ?? []).reduce((sum, file) => sum + file.size, 0);
  const bar = h("progress", { max: 1, value: 0, ariaLabel: word("sending"), hidden: size < LARGE });
  note(entry, bar);
  sending = sending.then(async () => {
    onTheWay.push(entry);
    try {
      await send(entry.message, (share) => (bar.value = share));
      bar.removeAttribute("value"); // it is there, and being looked at
    } catch (error) {
      onTheWay.splice(onTheWay.indexOf(entry), 1);
      fail(entry, error.message);
    }
  });
}

function fail(entry, reason) {
  const again = h("button", { type: "button" }, word("sendAgain"));
  const away = h("button", { type: "button" }, word("remove"));
  again.addEventListener("click", () => {
    entry.item.classList.remove("failed");
    start(entry);
  });
  away.addEventListener("click", () => conversation.drop(entry.item));
  entry.item.classList.add("failed");
  note(entry, h("div", { className: "failure", role: "alert" }, h("span", {}, reason), again, away));
}

function note(entry, element) {
  entry.item.querySelector(".column > :not(.bubble)")?.remove();
  entry.item.querySelector(".column").append(element);
}

// The message as the chat will show it, once for each of its files.
function drafts({ kind, files = [], text, caption }) {
  const draft = { from: { is_bot: false }, date: Date.now() / 1000, pending: true, text, caption };
  if (!files.length) return [{ ...draft, ...(kind && { [kind]: {} }) }];
  return files.map((file, number) => {
    const id = URL.createObjectURL(file);
    const shown = { ...draft, caption: number ? "" : caption };
    if (kind === "photo") return { ...shown, photo: [{ file_id: id, width: 800, height: 600 }] };
    const about = { file_id: id, file_name: file.name, file_size: file.size, mime_type: file.type };
    return { ...shown, [kind]: about };
  });
}
