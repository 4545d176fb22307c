// Asks the server about a photo.

import { problemOf } from "./answer.js";

const AGAIN = 30; // times that one of many photos is sent once more, where there were too many

// Returns the answer to a photo, a Blob, or what was wrong: HTML, as the server draws it. One of `many` photos waits
// for its turn where the server takes no more of them just now.
export async function ask(form, photo, many) {
  if (photo.size > Number(form.dataset.megabytes) * 2 ** 20) return problemOf(form.dataset.tooLarge);
  const fields = new FormData(form);
  fields.set("photo", photo, photo.name || "photo.jpg");
  const headers = { "X-Part": "result", Accept: "text/html" };
  try {
    for (let times = 0; ; times++) {
      const response = await fetch(form.action, { method: "POST", body: fields, headers });
      const wait = Number(response.headers.get("Retry-After"));
      if (!many || !wait || times === AGAIN) return await response.text();
      await new Promise((resume) => setTimeout(resume, wait * 1000));
    }
  } catch {
    return problemOf(form.dataset.offline);
  }
}
