// Draws one photo with what is suspected of it and what can be done.

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

function picture(source, caption, title = "") {
  const image = Object.assign(document.createElement("img"), { src: source, loading: "lazy", alt: title, title });
  return element("figure", "", image, ...(caption ? [element("figcaption", "", caption)] : []));
}

function button(text, className, shortcut, act) {
  const made = Object.assign(element("button", className, text), { type: "button" });
  made.setAttribute("aria-keyshortcuts", shortcut);
  made.addEventListener("click", act);
  return made;
}

function anyLabel(state, decide) {
  const select = Object.assign(element("select", ""), { ariaLabel: "Another label" });
  const fill = () => {  // only now: many photos with many labels would be slow
    if (select.length === 1) select.append(...state.labels.map(label => new Option(label, label)));
  };
  select.append(new Option("other ...", ""));
  select.addEventListener("pointerdown", fill);
  select.addEventListener("focus", fill);
  select.addEventListener("change", () => {
    if (select.value) decide(select.value);
    select.value = "";
  });
  return select;
}

// A list item; `decide` takes a label, null to leave the photo out, or undefined to take a mark back.
export function card(photo, state, decide) {
  const toggle = label => decide(state.marks[photo.place] === label ? undefined : label);
  const seen = photo.problem
    ? [element("p", "unreadable", "no picture")]
    : [picture(`/photo/${photo.place}`, photo.copies.length ? `as ${photo.label}` : "")];
  const copies = photo.copies.slice(0, 2).map((copy, number) => picture(`/photo/${photo.place}/${number}`, `as ${copy.label}`, copy.name));
  const title = element("h3", "", "Labeled ", element("b", "", photo.label));
  title.id = `name-${photo.place}`;
  const looks = photo.problem ? `Cannot be used: ${photo.problem}.` : photo.guess && `Looks like ${photo.guess} (${Math.round(100 * photo.share)}%).`;
  const choices = element("div", "choices");
  const keep = button("Keep", "keep", "K", () => toggle(photo.label));
  if (!photo.problem) choices.append(keep);
  if (photo.guess && photo.guess !== photo.label) choices.append(button(photo.guess, "guess", "Enter", () => toggle(photo.guess)));
  if (!photo.problem) choices.append(anyLabel(state, decide));
  choices.append(button("Leave out", "leave", "X", () => toggle(null)));
  const made = element("article", "suspect", element("div", "pictures", ...seen, ...copies), title,
    element("p", "", looks || ""), element("p", "file", photo.name), element("p", "decided"), choices);
  made.tabIndex = 0;
  made.dataset.place = photo.place;
  made.setAttribute("aria-labelledby", title.id);
  describe(made, photo, state.marks[photo.place]);
  return element("li", "", made);
}

// Shows what was decided of a photo.
export function describe(made, photo, mark) {
  const text = mark === undefined ? "" : mark === null ? "Will be left out" : mark === photo.label ? "Kept" : `Becomes ${mark}`;
  made.querySelector(".decided").textContent = text;
  made.classList.toggle("marked", mark !== undefined && mark !== null);
  made.classList.toggle("out", mark === null);
  made.querySelector(".keep")?.setAttribute("aria-pressed", mark === photo.label);
  made.querySelector(".guess")?.setAttribute("aria-pressed", mark === photo.guess);
  made.querySelector(".leave").setAttribute("aria-pressed", mark === null);
}
