// Shows what the server says, and tells it what the person decides. Marks are kept there, so a reload loses none.

import { card, describe } from "./card.js";
import { keyOf, onKey } from "./keys.js";

const SECTIONS = {
  label: ["Probably mislabeled", "A model that has not seen the photo thinks it is something else. The least probable labels come first."],
  unlike: ["Unlike the others of their label", "These photos are far from the rest: drawings, several things at once, the wrong thing."],
  copies: ["The same photo under another label", "One of the labels is wrong. Keep one, and leave out the other or give it the same label."],
  unreadable: ["Unreadable", "Training leaves these out anyway."],
};
const find = id => document.getElementById(id);
let state = { photos: [], labels: [], marks: {} };

async function ask(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    return say("The program has ended. Start it again: the marks made so far are kept.");
  }
  const content = await answer.json().catch(() => ({ problem: "That did not work; reload the page." }));
  return content.problem ? say(content.problem) : content;
}

function say(text) {
  find("status").textContent = text;
}

async function decide(photo, label) {
  const answer = await ask("/mark", label === undefined ? { place: photo.place, unmark: true } : { place: photo.place, label });
  if (!answer) return;
  state.marks = answer.marks;
  const shown = document.querySelector(`[data-place="${photo.place}"]`);
  if (shown) describe(shown, photo, state.marks[photo.place]);
  count();
}

function changes() {
  return state.photos.filter(({ place, label }) => place in state.marks && state.marks[place] !== label);
}

function count() {
  const changed = changes();
  const out = changed.filter(({ place }) => state.marks[place] === null).length;
  const kept = Object.keys(state.marks).length - changed.length;
  say(`${changed.length - out} to another label, ${out} to leave out, ${kept} to keep.`);
  find("apply").disabled = changed.length === 0;
}

function show() {
  const wanted = find("filter").value;
  const photos = state.photos.filter(({ label }) => !wanted || label === wanted);
  find("sections").replaceChildren(...Object.entries(SECTIONS).flatMap(([kind, [title, why]]) => {
    const some = photos.filter(photo => photo.kind === kind);
    if (!some.length) return [];
    const section = document.createElement("section");
    const heading = Object.assign(document.createElement("h2"), { textContent: `${title} (${some.length})`, id: `of-${kind}` });
    section.setAttribute("aria-labelledby", heading.id);
    const list = Object.assign(document.createElement("ol"), { className: "suspects" });
    list.append(...some.map(photo => card(photo, state, label => decide(photo, label))));
    section.append(heading, Object.assign(document.createElement("p"), { className: "why", textContent: why }), list);
    return [section];
  }));
  find("none").hidden = photos.length > 0;
}

async function load() {
  const answer = await ask("/state");
  if (!answer) return;
  state = answer;
  find("folder").textContent = `${state.photos.length} of ${state.all} photos in ${state.folder} are worth a look. Nothing is moved until you apply.`;
  find("note").textContent = state.note;
  const filter = find("filter"), before = filter.value;
  const counts = Object.groupBy(state.photos, ({ label }) => label);
  filter.replaceChildren(new Option(`all labels (${state.photos.length})`, ""),
    ...state.labels.map(label => new Option(`${label} (${counts[label]?.length ?? 0})`, label)));
  filter.value = before;
  find("keys").replaceChildren(...state.labels.filter(label => keyOf(label, state.labels)).map(label => {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("kbd"), { textContent: keyOf(label, state.labels).toUpperCase() }), ` ${label}`);
    return item;
  }));
  count();
  show();
}

find("filter").addEventListener("change", show);
document.addEventListener("keydown", event => onKey(event, state, decide));
find("apply").addEventListener("click", () => {
  const changed = changes();
  const out = changed.filter(({ place }) => state.marks[place] === null).length;
  find("question").textContent = `Change ${changed.length - out} labels and leave out ${out}?`;
  find("confirm").showModal();
});
find("no").addEventListener("click", () => find("confirm").close());
find("yes").addEventListener("click", async () => {
  find("confirm").close();
  const answer = await ask("/apply", {});
  if (!answer) return;
  await load();
  say(answer.said.join("\n"));
});
load();
