// Speaks to the server: sends what the person does, and waits for what happens in the chat.

import { language, word } from "./words.js";

const PAUSE = 1500; // milliseconds before the server is asked again after it did not answer

const asked = new URLSearchParams(location.search);
const chat = Number(asked.get("chat")) || 1; // the person's own
const group = Number(asked.get("group")) || 0;
const without_bot = asked.has("without_bot"); // the group has the bot as a guest only
const place = group ? { group, without_bot, status: "creator" } : {};
const me = () => ({ chat, ...place, language: language(), name: word("you") });

// Where the page would show another chat of the same person: their own without a group.
export function addressOf({ group: other, without_bot: guest }) {
  return `?chat=${chat}${other ? `&group=${other}` : ""}${guest ? "&without_bot" : ""}`;
}
export const here = { group, without_bot };

// Sends a message: `kind` and what belongs to it; pictures that cannot be shown as photos go as files instead, as in Telegram.
export async function send({ kind, files = [], ...fields }, onProgress) {
  const result = await post("/chat/send", form({ kind, ...fields }, files), onProgress);
  if (result.ok) return;
  if (kind !== "photo" || !result.unreadable?.length) throw new Error(reason(result));
  const readable = files.filter((_, number) => !result.unreadable.includes(number));
  const others = files.filter((_, number) => result.unreadable.includes(number));
  if (readable.length) await send({ kind, files: readable, ...fields }, onProgress);
  await send({ kind: "document", files: others, ...(readable.length ? {} : fields) }, onProgress);
}

export async function press(messageId, data) {
  const result = await post("/chat/press", form({ message_id: messageId, data }, []));
  if (!result.ok) throw new Error(word("notSent"));
}

export async function describeBot() {
  return (await fetch(`/chat/bot?chat=${chat}&language=${language()}`)).json();
}

// Calls `onEvents` with each batch of events, `onStart` when the server began anew, `onConnected` as that changes.
export async function listen({ onEvents, onStart, onConnected }) {
  let after = 0;
  let timeout = 0; // the first answer comes at once, even in an empty chat
  let start;
  for (;;) {
    try {
      const answer = await fetch(`/chat/events?chat=${group || chat}&after=${after}&timeout=${timeout}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const page = await answer.json();
      onConnected(true, page.ready);
      if (page.start !== start) {
        onStart();
        const missed = start !== undefined && after > 0;
        start = page.start;
        after = timeout = 0;
        if (missed) continue;
      }
      after = page.last;
      timeout = 25;
      onEvents(page.events);
    } catch (error) {
      console.warn(error);
      onConnected(false, false);
      timeout = 0;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

function form(fields, files) {
  const data = new FormData();
  for (const [key, value] of Object.entries({ ...me(), ...fields })) if (value) data.append(key, value);
  for (const file of files) data.append("files", file, file.name || "photo.png");
  return data;
}

// Not with fetch(), which tells nothing of how much was sent already.
function post(path, body, onProgress = () => {}) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total));
    request.addEventListener("load", () => resolve({ ok: request.status < 300, status: request.status, ...request.response }));
    request.addEventListener("error", () => resolve({ ok: false }));
    request.send(body);
  });
}

const reason = ({ status, error }) => (status === 413 ? word("tooLarge") : error || word("notSent"));
