// What keys do on a photo that has the focus: mark it and go on to the next.

const KEYS = "1234567890abcdefghijmnopqrstvwyz";  // k, l, u and x mean something else
const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function keyOf(label, labels) {
  return KEYS[labels.indexOf(label)];
}

function go(from, steps) {
  const all = [...document.querySelectorAll(".suspect")];
  all[all.indexOf(from) + steps]?.focus();
}

export async function onKey(event, state, decide) {
  const shown = event.target.closest(".suspect");
  if (event.target === document.body && event.key in MOVES) return go(null, 1);
  if (!shown || event.target.tagName === "SELECT" || event.ctrlKey || event.altKey || event.metaKey) return;
  const photo = state.photos.find(({ place }) => place === Number(shown.dataset.place));
  if (event.key in MOVES) {
    event.preventDefault();
    return go(shown, MOVES[event.key]);
  }
  const key = event.key.toLowerCase();
  if (key === "l") {
    event.preventDefault();
    return shown.querySelector("select")?.focus();
  }
  const label = meaning(key, photo, state.labels, event.target === shown);
  if (label === undefined && key !== "u") return;
  event.preventDefault();
  const marked = decide(photo, label);
  if (key !== "u") go(shown, 1);  // at once: the next key is for the next photo
  await marked;
}

function meaning(key, photo, labels, onPhoto) {
  if (key === "x") return null;
  if (photo.problem) return undefined;  // what cannot be read can only be left out
  if (key === "k") return photo.label;
  if (key === "enter") return onPhoto && photo.guess ? photo.guess : undefined;
  return labels.find(label => keyOf(label, labels) === key);
}
