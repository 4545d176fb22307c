// The command menu: opened by its button, or by typing a slash.

import { $, h } from "./dom.js";

const popup = $("#commands");
const button = $("#menu");
const text = $("#text");
let commands = [];
let choose = () => {};

export function setCommands(list) {
  commands = list;
  button.hidden = !list.length;
  close();
}

export function onChoose(callback) {
  choose = callback;
}

export const isOpen = () => !popup.hidden;

export function close() {
  popup.hidden = true;
  button.setAttribute("aria-expanded", "false");
  text.removeAttribute("aria-activedescendant");
}

// Shows the commands that begin with what was typed.
export function suggest(typed) {
  const fitting = /^\/\w*$/.test(typed) ? commands.filter(({ command }) => command.startsWith(typed.slice(1))) : [];
  if (fitting.length) open(fitting);
  else close();
}

// Moves the choice by one; returns false if there is nothing to move in.
export function move(step) {
  const options = [...popup.children];
  if (popup.hidden) return false;
  const now = options.findIndex((option) => option.ariaSelected === "true");
  select(options[(now + step + options.length) % options.length]);
  return true;
}

// Takes the chosen command; returns false if there is none.
export function take() {
  const chosen = isOpen() && [...popup.children].find((option) => option.ariaSelected === "true");
  if (!chosen) return false;
  pick(chosen.dataset.command);
  return true;
}

function open(list) {
  popup.replaceChildren(
    ...list.map(({ command, description }, number) =>
      h(
        "button",
        { type: "button", role: "option", id: `command-${number}`, tabIndex: -1, dataset: { command: `/${command}` } },
        h("b", {}, `/${command}`),
        h("span", {}, description),
      ),
    ),
  );
  popup.hidden = false;
  button.setAttribute("aria-expanded", "true");
  select(popup.firstElementChild);
}

function select(option) {
  for (const other of popup.children) other.ariaSelected = String(other === option);
  text.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function pick(command) {
  close();
  choose(command);
}

button.addEventListener("click", () => {
  if (isOpen()) return close();
  open(commands);
  text.focus();
});
popup.addEventListener("click", (event) => {
  const option = event.target.closest("[data-command]");
  if (option) pick(option.dataset.command);
});
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest("#commands, #menu")) close();
});
