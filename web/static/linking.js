// Links each face's line with its box: what is pointed at, focused or tapped in one place stands out in the other.

const answer = document.querySelector("#answer");
const faceOf = (event) => event.target.closest("[data-face]")?.dataset.face;

function mark(face) {
  for (const part of answer.querySelectorAll("[data-face]")) part.classList.toggle("lit", part.dataset.face === face);
}

answer.addEventListener("pointerover", (event) => mark(faceOf(event)));
answer.addEventListener("pointerleave", () => mark());
answer.addEventListener("focusin", (event) => mark(faceOf(event)));
answer.addEventListener("focusout", () => mark());

answer.addEventListener("click", (event) => {
  if (!event.target.closest(".drawing [data-face]")) return;
  const line = answer.querySelector(`details[data-face="${faceOf(event)}"]`);
  if (!line) return;
  line.open = true;
  line.querySelector("summary").focus();
});
