// Draws what is neither text, photo nor file: stickers, films and sounds, and an emblem for the rest.

import { h } from "./dom.js";
import { word } from "./words.js";

export const EMBLEMS = {
  live_photo: "✨", sticker: "🙂", video: "🎬", animation: "🎞️", video_note: "📹", voice: "🎙️", audio: "🎵",
  location: "📍", contact: "👤", poll: "📊", dice: "🎲",
};
const KINDS = Object.keys(EMBLEMS);
const SILENT = { autoplay: true, loop: true, muted: true, playsInline: true };
const PLAYED = {
  sticker: ({ is_video: film }) => (film ? ["video", SILENT] : ["img", { alt: word("sticker") }]),
  animation: ({ mime_type: type }) => (type === "image/gif" ? ["img", { alt: word("animation") }] : ["video", SILENT]),
  video: () => ["video", { controls: true }],
  video_note: () => ["video", { controls: true }],
  voice: () => ["audio", { controls: true }],
  audio: () => ["audio", { controls: true }],
};

export const kindOf = (message) => KINDS.find((kind) => kind in message);
export const fileUrl = (id) => (id.startsWith("blob:") ? id : `/chat/file/${encodeURIComponent(id)}`);

export function media(message) {
  const kind = kindOf(message);
  const file = message[kind];
  const emblem = h("span", { className: "thing" }, h("span", { className: "emblem", ariaHidden: "true" }, EMBLEMS[kind]), word(kind));
  if (!PLAYED[kind] || !file.file_size || file.is_animated) return emblem;
  const [tag, properties] = PLAYED[kind](file);
  const player = h(tag, { src: fileUrl(file.file_id), className: `media ${kind}`, ariaLabel: word(kind), ...properties });
  player.addEventListener("error", () => player.replaceWith(emblem), { once: true });
  return player;
}
