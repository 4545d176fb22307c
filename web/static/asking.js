// Sends a photo to the form's own address and puts the result, which the server has drawn, in its place.

const answer = document.querySelector("#answer");
const status = document.querySelector("#status");
let underWay = null;
let shown = null;

// Ask about one photo, a Blob. One that is asked about meanwhile is forgotten.
export async function ask(form, photo) {
  underWay?.abort();
  const mine = (underWay = new AbortController());
  if (photo.size > Number(form.dataset.megabytes) * 2 ** 20) {
    form.removeAttribute("aria-busy");
    tell(form.dataset.tooLarge);
    return;
  }
  showWaiting(photo);
  status.textContent = form.dataset.looking;
  form.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: filled(form, photo),
      headers: { "X-Part": "result", Accept: "text/html" },
      signal: mine.signal,
    });
    show(await response.text());
  } catch (error) {
    if (error.name === "AbortError") return;
    tell(form.dataset.offline);
  }
  form.removeAttribute("aria-busy");
}

// Say what went wrong here, as the server says what went wrong there.
export function tell(problem) {
  const section = document.querySelector("#problem").content.cloneNode(true);
  section.querySelector("p").textContent = problem;
  answer.replaceChildren(section);
  moveTo();
}

function filled(form, photo) {
  const fields = new FormData(form);
  fields.set("photo", photo, photo.name || "photo.jpg");
  return fields;
}

function showWaiting(photo) {
  if (shown) URL.revokeObjectURL(shown);
  shown = URL.createObjectURL(photo);
  const picture = Object.assign(new Image(), { src: shown, alt: "" });
  picture.addEventListener("error", () => picture.remove()); // such as HEIC, which the server will speak about
  const frame = Object.assign(document.createElement("div"), { className: "waiting" });
  frame.append(picture);
  answer.replaceChildren(frame);
}

function show(html) {
  answer.innerHTML = html;
  const picture = answer.querySelector("#shown");
  if (picture) picture.src = shown;
  moveTo();
}

function moveTo() {
  status.textContent = "";
  answer.querySelector("#outcome")?.focus({ preventScroll: true });
  answer.scrollIntoView({ block: "nearest" });
}
