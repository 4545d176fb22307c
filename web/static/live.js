// Answers what the camera sees, several times a second: small pictures go to this page's server and nowhere else.

const EVERY = 250; // milliseconds between two pictures, if the server is that fast
const SIDE = 640; // pixels of a picture's long side

// Make the dialog's button switch it on and off; returns what stops it.
export function offerLive(form, dialog, video) {
  const [button, boxes, said] = ["#live", "#live-boxes", "#live-said"].map((id) => dialog.querySelector(id));
  const canvas = document.createElement("canvas");
  let running = null;

  button.addEventListener("click", () => (running ? stop() : start()));

  function stop() {
    running?.abort();
    running = null;
    button.setAttribute("aria-pressed", "false");
    boxes.replaceChildren();
    said.textContent = "";
  }

  async function start() {
    const mine = (running = new AbortController());
    button.setAttribute("aria-pressed", "true");
    while (running === mine) {
      const next = performance.now() + EVERY;
      const wait = await look(mine.signal).catch(() => tellOffline(mine.signal));
      await new Promise((resume) => setTimeout(resume, Math.max(wait * 1000, next - performance.now())));
    }
  }

  function tellOffline(signal) {
    if (!signal.aborted) said.textContent = form.dataset.offline;
    return 1; // second until the next try
  }

  // Returns how many seconds the server wants to be left alone.
  async function look(signal) {
    if (!video.videoWidth) return 0;
    const fields = new FormData(form);
    fields.set("photo", await picture(), "live.jpg");
    const headers = { "X-Part": "result", Accept: "text/html" };
    const response = await fetch("live", { method: "POST", body: fields, headers, signal });
    const drawn = new DOMParser().parseFromString(await response.text(), "text/html");
    if (signal.aborted) return 0;
    boxes.replaceChildren(...drawn.querySelectorAll("svg.drawing"));
    const sentence = drawn.querySelector("p").textContent;
    if (said.textContent !== sentence) said.textContent = sentence; // a screen reader says it once
    return Number(response.headers.get("Retry-After"));
  }

  function picture() {
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    [canvas.width, canvas.height] = [video.videoWidth * scale, video.videoHeight * scale];
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  }

  return { stop };
}
