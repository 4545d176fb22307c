// Speaks to the server: sends what the person does, and waits for what happens in the chat.

import { language, word } from "./words.js";

const PAUSE = 1500; // milliseconds before the server is asked again after it did not answer
const ALBUM = 10; // most photos in one album

export const chat = Number(new URLSearchParams(location.search).get("chat")) || 1;
const me = () => ({ chat, language: language(), name: word("you") });

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body });
  if (answer.ok) return { ok: true };
  const { error, unreadable = [] } = await answer.json().catch(() => ({}));
  return { ok: false, status: answer.status, error, unreadable };
}

function form(fields, files) {
  const data = new FormData();
  for (const [key, value] of Object.entries({ ...me(), ...fields })) if (value) data.append(key, value);
  for (const file of files) data.append("files", file, file.name || "photo.png");
  return data;
}

function check(result) {
  if (!result.ok) throw new Error(result.status === 413 ? word("tooLarge") : result.error || word("notSent"));
}

export async function sendText(text) {
  check(await post("/chat/send", form({ text }, [])));
}

export async function sendFiles(files, caption) {
  check(await post("/chat/send", form({ kind: "document", caption }, files)));
}

// Pictures that cannot be shown as photos go as files instead, as in Telegram.
export async function sendPhotos(photos, caption) {
  for (let start = 0; start < photos.length; start += ALBUM) {
    const album = photos.slice(start, start + ALBUM);
    const result = await post("/chat/send", form({ kind: "photo", caption: start ? "" : caption }, album));
    if (result.ok) continue;
    if (!result.unreadable?.length) check(result);
    const readable = album.filter((_, number) => !result.unreadable.includes(number));
    const others = album.filter((_, number) => result.unreadable.includes(number));
    const first = start ? "" : caption;
    if (readable.length) await sendPhotos(readable, first);
    await sendFiles(others, readable.length ? "" : first);
  }
}

export async function press(messageId, data) {
  const body = JSON.stringify({ ...me(), message_id: messageId, data });
  const answer = await fetch("/chat/press", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  if (!answer.ok) throw new Error(word("notSent"));
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
      const answer = await fetch(`/chat/events?chat=${chat}&after=${after}&timeout=${timeout}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const page = await answer.json();
      onConnected(true);
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
      onConnected(false);
      timeout = 0;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
