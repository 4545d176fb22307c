// What stands below the form: nothing, a photo that is being looked at, an answer or a problem.

const answer = document.querySelector("#answer");
const status = document.querySelector("#status");
const start = [...answer.childNodes]; // an answer too, where the page came with one
let address = ""; // of the photo that is shown

export function clear() {
  answer.replaceChildren();
}

export function startAgain() {
  answer.replaceChildren(...start);
}

export function showWaiting(photo) {
  const picture = Object.assign(new Image(), { src: addressOf(photo), alt: "" });
  picture.addEventListener("error", () => picture.remove()); // such as HEIC, of which the server sends a picture
  const frame = Object.assign(document.createElement("div"), { className: "waiting" });
  frame.append(picture);
  answer.replaceChildren(frame);
}

// Show what the server has drawn, around the photo.
export function show(html, photo) {
  answer.innerHTML = html;
  const picture = answer.querySelector("#shown");
  if (picture && !picture.getAttribute("src")) picture.src = addressOf(photo);
  status.textContent = "";
  const outcome = answer.querySelector("#outcome");
  outcome.focus({ preventScroll: true });
  outcome.scrollIntoView({ block: "nearest" });
}

// Say what went wrong here, as the server says what went wrong there.
export function tell(problem) {
  show(problemOf(problem));
}

export function problemOf(problem) {
  const section = document.querySelector("#problem").content.firstElementChild.cloneNode(true);
  section.querySelector("p").textContent = problem;
  return section.outerHTML;
}

function addressOf(photo) {
  if (address) URL.revokeObjectURL(address);
  return (address = URL.createObjectURL(photo));
}
