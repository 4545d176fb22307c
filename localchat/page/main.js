// Puts the page together: what happens in the chat goes to the list, what the person does goes to the server.

import { setCommands } from "./commands.js";
import * as composer from "./composer.js";
import * as conversation from "./conversation.js";
import { $, h } from "./dom.js";
import { fileUrl } from "./media.js";
import * as pending from "./pending.js";
import { addressOf, describeBot, here, listen, press } from "./server.js";
import { LANGUAGES, language, nameOf, own, setLanguage, translate, word } from "./words.js";

const ACTION_LASTS = 5000; // milliseconds, as in Telegram
const TOAST_LASTS = 4000;
const PRESS_LASTS = 10000;
const CHATS = { "": {}, group: { group: -1 }, guest: { group: -2, without_bot: true } };

const status = $("#status");
let connected = false;
let ready = false;
let action = "";
let actionTimer;
let toastTimer;

const EVENTS = {
  message: ({ message }) => {
    if (!message.from.is_bot) pending.arrived();
    conversation.add(message);
    if (message.from.is_bot) show("");
  },
  edit: ({ message }) => conversation.edit(message),
  delete: ({ message }) => conversation.remove(message.message_id),
  action: (event) => show(event.action),
  callback_answer: answered,
  profile: () => describe(),
};

const ACTIONS = {
  say: ({ text }) => composer.say(text),
  jump: ({ id }) => conversation.jump(Number(id)),
  reply: ({ id }) => composer.reply(conversation.message(Number(id))),
  open: enlarge,
  press: async ({ id, data }, button) => {
    button.ariaBusy = "true";
    setTimeout(() => (button.ariaBusy = "false"), PRESS_LASTS);
    await press(Number(id), data).catch((error) => {
      button.ariaBusy = "false";
      toast(error.message);
    });
  },
};

function show(newAction) {
  action = newAction;
  clearTimeout(actionTimer);
  if (action) actionTimer = setTimeout(() => show(""), ACTION_LASTS);
  drawStatus();
}

function drawStatus() {
  status.classList.toggle("busy", connected && Boolean(action));
  if (!connected) status.textContent = word("connecting");
  else if (!ready) status.textContent = word("starting");
  else status.textContent = word(action in ACTION_WORDS ? action : action ? "typing" : "bot");
}
const ACTION_WORDS = { typing: 1, upload_photo: 1, upload_document: 1 };

async function describe() {
  const bot = await describeBot();
  $("#name").textContent = document.title = bot.name;
  $("#description").textContent = bot.description || bot.short_description;
  conversation.setAvatar([...bot.name][0]?.toUpperCase() ?? "", bot.photo && fileUrl(bot.photo));
  setCommands(bot.commands);
}

function drawStart() {
  const empty = conversation.isEmpty();
  $("#welcome").hidden = $("#start").hidden = !empty;
  if ($("#composer").hidden !== empty) {
    $("#composer").hidden = empty;
    if (!empty && matchMedia("(hover: hover)").matches) $("#text").focus();
  }
}

function answered({ text, show_alert: alert, url }) {
  for (const button of document.querySelectorAll(".keyboard [aria-busy=true]")) button.ariaBusy = "false";
  if (url) window.open(url, "_blank", "noopener");
  if (!text) return;
  if (!alert) return toast(text);
  $("#alert p").textContent = text;
  $("#alert").showModal();
}

function toast(text) {
  const box = $("#toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), TOAST_LASTS);
}

function enlarge({ src, caption }) {
  const image = $("#viewer img");
  image.src = src;
  image.alt = caption || word("picture");
  $("#viewer").showModal();
}

function drawLanguage() {
  document.documentElement.lang = own();
  $("#language").value = language();
  translate(document);
  composer.draw();
  drawStatus();
}

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-action]");
  if (chosen) ACTIONS[chosen.dataset.action](chosen.dataset, chosen);
});
$("#language").append(...LANGUAGES.map((code) => h("option", { value: code, lang: code }, nameOf(code))));
$("#language").addEventListener("change", async ({ target }) => {
  setLanguage(target.value);
  drawLanguage();
  await describe();
  conversation.redraw();
});
$("#chats").value = here.without_bot ? "guest" : here.group ? "group" : "";
$("#chats").addEventListener("change", ({ target }) => {
  location.search = addressOf(CHATS[target.value]);
});
$("#start").addEventListener("click", () => composer.say("/start"));
$("#viewer").addEventListener("click", () => $("#viewer").close());

drawLanguage();
listen({
  onStart: () => {
    conversation.clear();
    describe();
  },
  onEvents: (events) => {
    for (const event of events) EVENTS[event.type]?.(event);
    drawStart();
  },
  onConnected: (now, botIsThere) => {
    [connected, ready] = [now, botIsThere];
    drawStatus();
  },
});
