// Records photos with the camera as long as a button is held, by pointer or key.

import { tell } from "./answer.js";

const EVERY = 200; // milliseconds between two photos
const WARM_UP = 400; // milliseconds, as the first frames of many cameras are dark
const MOST = 100; // photos at a time
const STAYS = 15_000; // milliseconds that the camera stays on after the last photo

// Show a box's button, and call `give` with the photos, as Blobs, each time it is let go.
// Returns what switches the camera off and removes the box.
export function offerRecording(box, problem, give) {
  const [button, video] = [box.querySelector(".record"), box.querySelector("video")];
  let held = false;
  let frames = [];
  let off = 0;
  if (!navigator.mediaDevices?.getUserMedia) return () => box.remove();
  button.hidden = false;

  function close() {
    video.srcObject?.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
    video.hidden = true;
  }

  async function opened() {
    clearTimeout(off);
    if (video.srcObject) return true;
    try {
      const wanted = { width: { ideal: 640 }, height: { ideal: 480 } };
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted });
    } catch {
      tell(problem);
      return false;
    }
    video.hidden = false;
    await video.play();
    await pause(WARM_UP);
    return true;
  }

  async function start() {
    if (held || button.getAttribute("aria-pressed") === "true") return;
    held = true;
    button.setAttribute("aria-pressed", "true");
    if (await opened()) {
      do {
        frames.push(await frame(video));
        await pause(EVERY);
      } while (held && frames.length < MOST);
      give(frames.filter(Boolean));
      off = setTimeout(close, STAYS);
    }
    frames = [];
    held = false;
    button.setAttribute("aria-pressed", "false");
  }

  const stop = () => (held = false);
  const holds = (event) => event.key === " " || event.key === "Enter";
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId); // the page may move below the pointer
    start();
  });
  for (const kind of ["pointerup", "pointercancel", "blur"]) button.addEventListener(kind, stop);
  button.addEventListener("keydown", (event) => holds(event) && !event.repeat && start());
  button.addEventListener("keyup", (event) => holds(event) && stop());
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // that a long touch would open
  return () => {
    stop();
    close();
    box.remove();
  };
}

function pause(milliseconds) {
  return new Promise((over) => setTimeout(over, milliseconds));
}

function frame(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((made) => canvas.toBlob(made, "image/jpeg", 0.92));
}
