// Makes the page light or dark at once, and has the server remember it, so that what stands on the page stays.

const choice = document.querySelector("#theme");

choice.addEventListener("change", () => {
  document.documentElement.dataset.theme = choice.value;
  const remembered = new URL(choice.form.action);
  remembered.search = new URLSearchParams({ theme: choice.value });
  fetch(remembered, { redirect: "manual" }).catch(() => {}); // offline, it holds until the page is left
});
