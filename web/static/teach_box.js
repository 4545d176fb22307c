// A box of photos that have one label: takes photos, and shows a thumbnail of each.

import { offerRecording } from "./teach_record.js";
import { SIDE, drawThumbnail } from "./thumbnail.js";

let boxes = 0;

export class Box {
  // `words` are what the page says; `actions` are called with what a person does.
  constructor(name, words, actions) {
    this.words = words;
    this.actions = actions;
    this.element = document.querySelector("#box").content.firstElementChild.cloneNode(true);
    this.photos = this.element.querySelector(".photos");
    const [title, files] = [this.element.querySelector(".name"), this.element.querySelector(".files")];
    files.id = `files-${++boxes}`;
    files.nextElementSibling.htmlFor = files.id;
    this.call(name);
    this.show(null, []);

    title.addEventListener("change", () => actions.rename(this, title.value));
    this.element.querySelector(".forget").addEventListener("click", () => actions.forget(this));
    files.addEventListener("change", () => {
      if (files.files.length) actions.add(this, [...files.files]);
      files.value = ""; // so that the same photos can be chosen again
    });
    this.element.addEventListener("dragover", () => this.element.classList.add("dropping"));
    this.element.addEventListener("dragleave", () => this.element.classList.remove("dropping"));
    this.element.addEventListener("drop", (event) => {
      this.element.classList.remove("dropping");
      if (event.dataTransfer.files.length) actions.add(this, [...event.dataTransfer.files]);
    });
    this.close = offerRecording(this.element, words.noCamera, (frames) => actions.add(this, frames));
  }

  call(name) {
    this.name = name;
    this.element.querySelector(".name").value = name;
    this.element.setAttribute("aria-label", name);
  }

  focus() {
    this.element.querySelector(".files").focus();
  }

  // Show a photo that is looked at, as a thumbnail that a key is given later.
  async showWaiting(photo) {
    const item = document.createElement("li");
    const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.name);
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", this.words.remove);
    remove.addEventListener("click", () => {
      if (item.dataset.key) this.actions.remove([item.dataset.key]);
      this.focus();
    });
    item.append(canvas, remove);
    this.photos.append(item);
    await drawThumbnail(photo, canvas);
    return item;
  }

  // Take another box's thumbnails.
  take(other) {
    this.photos.append(...other.photos.children);
  }

  // Show what is taught of this label, null for nothing, and mark the photos that are hardest.
  show(label, hardest) {
    this.count = label?.keys.length ?? 0;
    this.element.querySelector(".count").textContent = label?.count ?? this.words.none;
    const keys = new Set(label?.keys);
    for (const item of [...this.photos.children].reverse()) {
      if (!keys.delete(item.dataset.key)) item.remove(); // it was taken back, or taught once more
      const hard = hardest.includes(item.dataset.key);
      item.classList.toggle("hard", hard);
      item.firstElementChild.setAttribute("aria-label", hard ? `${this.name}: ${this.words.hard}` : this.name);
    }
  }
}
