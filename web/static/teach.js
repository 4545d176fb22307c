// The tab where labels are taught: a box of photos for each. What is taught is kept by the server, thumbnails only here.

import { Box } from "./teach_box.js";
import { look, taught } from "./teach_server.js";

document.documentElement.classList.add("js");
const byId = (id) => document.getElementById(id);
const [status, answer, newName] = [byId("status"), byId("answer"), byId("new-name")];
const root = byId("teach");
const boxes = [];
let last = Promise.resolve(); // steps follow each other

const actions = { add, remove: (keys) => step({ do: "remove", keys }), rename, forget };

function plain(name) {
  return name.normalize("NFC").trim().replace(/\s+/g, " ");
}

function boxNamed(name) {
  return boxes.find((box) => box.name.toLowerCase() === name.toLowerCase());
}

function newBox(name) {
  const box = new Box(name, root.dataset, actions);
  boxes.push(box);
  byId("boxes").append(box.element);
  return box;
}

function drop(box) {
  boxes.splice(boxes.indexOf(box), 1);
  box.close();
}

function inTurn(work) {
  return (last = last.then(work).catch((error) => console.error(error)));
}

function step(wanted) {
  return inTurn(async () => {
    answer.replaceChildren();
    show((await taught(wanted)) ?? (await taught())); // after a refusal, what is taught is as it was
  });
}

function add(box, photos) {
  return inTurn(async () => {
    answer.replaceChildren();
    status.textContent = root.dataset.looking;
    const keys = [];
    for (const photo of photos) {
      if (!boxes.includes(box)) return; // its label was removed meanwhile
      const thumbnail = await box.showWaiting(photo);
      const key = await look(photo);
      if (key) keys.push((thumbnail.dataset.key = key));
      else thumbnail.remove();
    }
    const state = keys.length ? await taught({ do: "add", label: box.name, keys }) : await taught();
    status.textContent = "";
    show(state ?? (await taught()));
  });
}

function rename(box, wanted) {
  const [label, to] = [box.name, plain(wanted)];
  const other = boxNamed(to);
  if (!to || to === label) return box.call(label);
  if (other && other !== box) {
    other.take(box);
    drop(box);
  } else box.call(to);
  if (box.count || other?.count) step({ do: "rename", label, to });
}

function forget(box) {
  if (box.count && !confirm(root.dataset.sure)) return;
  drop(box);
  if (box.count) step({ do: "forget", label: box.name });
  newName.focus();
}

function show(state) {
  if (!state) return;
  for (const label of state.labels) (boxNamed(label.name) ?? newBox(label.name)).show(label, state.hardest);
  const known = state.labels.map((label) => label.name.toLowerCase());
  for (const box of boxes) if (!known.includes(box.name.toLowerCase())) box.show(null, []);
  byId("learned").textContent = root.querySelector(".hard") ? `${state.said} ${root.dataset.hard}` : state.said;
  byId("learn").disabled = !state.learnable;
  byId("learn").classList.toggle("quiet", !state.outdated);
  byId("undo").disabled = byId("forget-all").disabled = !state.labels.length;
  byId("use").hidden = byId("export").hidden = !state.learned;
}

byId("new-label").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = plain(newName.value);
  if (!name) return;
  (boxNamed(name) ?? newBox(name)).focus();
  newName.value = "";
});
byId("learn").addEventListener("click", () => step({ do: "learn" }));
byId("undo").addEventListener("click", () => step({ do: "undo" }));
byId("forget-all").addEventListener("click", () => {
  if (!confirm(root.dataset.sure)) return;
  while (boxes.length) drop(boxes[0]);
  step({ do: "forget_all" });
});
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault()); // else a photo is opened
step(null);
