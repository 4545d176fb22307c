// Takes the password, and then shows the page of those who know it.

import { asked } from "./teach_server.js";

document.querySelector("#password").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ password: document.querySelector("#given").value });
  const headers = { "Content-Type": "application/json" };
  if (await asked("teach/password", { method: "POST", body, headers })) location.reload();
  else document.querySelector("#outcome")?.focus();
});
