// Takes a photo with the camera, front or back, where the browser lets a page do so, or answers live.

import { offerLive } from "./live.js";
import { tell } from "./answer.js";

// Show the button for it, and call `look` with each photo taken, as a Blob.
export function offerCamera(form, look) {
  if (!navigator.mediaDevices?.getUserMedia) return;
  const dialog = document.querySelector("#camera");
  const video = dialog.querySelector("video");
  const open = form.querySelector("#open-camera");
  const take = dialog.querySelector("#take");
  const turn = dialog.querySelector("#turn-camera");
  const live = offerLive(form, dialog, video);
  let facing = "user";
  open.hidden = false;

  async function start() {
    stop();
    take.disabled = true;
    try {
      const wanted = { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1080 } };
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted });
    } catch {
      dialog.close();
      tell(form.dataset.noCamera);
      return;
    }
    const devices = await navigator.mediaDevices.enumerateDevices();
    turn.hidden = devices.filter((device) => device.kind === "videoinput").length < 2;
    if (!dialog.open) dialog.showModal();
  }

  function stop() {
    video.srcObject?.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  }

  open.addEventListener("click", start);
  turn.addEventListener("click", () => {
    facing = facing === "user" ? "environment" : "user";
    start();
  });
  video.addEventListener("playing", () => (take.disabled = false)); // before that there is nothing to take

  take.addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    dialog.close();
    canvas.toBlob((photo) => photo && look(photo), "image/jpeg", 0.92);
  });
  dialog.querySelector("#close-camera").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    live.stop();
    stop();
  });
  document.addEventListener("visibilitychange", () => document.hidden && dialog.close());
}
