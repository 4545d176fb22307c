// Shows formatted text: a string and its Bot API entities become elements.

import { h } from "./dom.js";

const TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code" };
const SAFE = /^(https?|tg|mailto):/i;
const EMOJI = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s?){1,3}$/u;

export const isOnlyEmoji = (text) => EMOJI.test(text);

export function formatted(text, entities = []) {
  const edges = new Set([0, text.length]);
  for (const { offset, length } of entities) edges.add(offset).add(offset + length);
  const cuts = [...edges].sort((a, b) => a - b);
  const parts = document.createDocumentFragment();
  cuts.slice(0, -1).forEach((start, number) => {
    const end = cuts[number + 1];
    const around = entities.filter(({ offset, length }) => offset <= start && offset + length >= end);
    parts.append(around.reduceRight((inner, entity) => wrapped(inner, entity, text), text.slice(start, end)));
  });
  return parts;
}

function wrapped(inner, entity, text) {
  const source = text.slice(entity.offset, entity.offset + entity.length);
  if (entity.type in TAGS) return h(TAGS[entity.type], {}, inner);
  if (entity.type === "bot_command") {
    return h("button", { type: "button", className: "link", dataset: { action: "say", text: source } }, inner);
  }
  if (entity.type === "url" || entity.type === "text_link") {
    const href = entity.url ?? source;
    return SAFE.test(href) ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, inner) : h("span", {}, inner);
  }
  return h("span", { className: entity.type }, inner);
}
