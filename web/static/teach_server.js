// Tells the server what to teach. A refusal comes drawn as HTML, and is put on the page as it is.

import { tell } from "./answer.js";

const AGAIN = 30; // times that a photo is sent once more, where there were too many
const answer = document.querySelector("#answer");

// Make a step, or with no step ask for what is taught; null if it was refused.
export async function taught(step) {
  const json = { method: "POST", body: JSON.stringify(step), headers: { "Content-Type": "application/json" } };
  return step ? asked("teach/change", json) : asked("teach/state", {});
}

// Hand in a photo, a Blob; returns the key to teach it by, or null if it was refused.
export async function look(photo) {
  const form = new FormData();
  form.append("photo", photo, photo.name || "photo.jpg");
  return (await asked("teach/photo", { method: "POST", body: form }))?.key ?? null;
}

// Returns the server's answer, true where it says nothing, or null after a refusal, which is shown.
export async function asked(address, options) {
  try {
    for (let times = 0; ; times++) {
      const headers = { ...options.headers, Accept: "text/html, application/json", "X-Part": "result" };
      const response = await fetch(address, { ...options, headers });
      if (response.status === 401) location.reload(); // the password has run out
      if (response.ok) return response.status === 204 || (await response.json());
      const wait = Number(response.headers.get("Retry-After"));
      if (wait && options.body instanceof FormData && times < AGAIN) {
        await new Promise((resume) => setTimeout(resume, wait * 1000));
        continue;
      }
      answer.innerHTML = await response.text();
      return null;
    }
  } catch {
    tell(document.querySelector("[data-offline]").dataset.offline);
    return null;
  }
}
