// Tells the server whether an answer is right, for its counts. The photo stays out of it.

const answer = document.querySelector("#answer");

answer.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-said]");
  if (!button) return;
  const question = button.closest(".verdict");
  const { model, label, thanks } = question.dataset;
  for (const other of question.querySelectorAll("button")) other.disabled = true; // one click, one count
  const body = JSON.stringify({ model, label, said: button.dataset.said });
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const told = await fetch("feedback", { method: "POST", body, headers }).catch(() => null);
  for (const other of question.querySelectorAll("button")) {
    if (told?.ok) other.remove();
    else other.disabled = false;
  }
  if (!told?.ok) return;
  const said = question.querySelector("[role=status]");
  said.textContent = thanks;
  said.tabIndex = -1;
  said.focus(); // the button that had the focus is gone
});
