// Takes a photo with the camera, where the browser lets a page do so.

import { tell } from "./answer.js";

// Show the button for it, and call `look` with each photo taken, as a Blob.
export function offerCamera(form, look) {
  if (!navigator.mediaDevices?.getUserMedia) return;
  const dialog = document.querySelector("#camera");
  const video = dialog.querySelector("video");
  const open = form.querySelector("#open-camera");
  const take = dialog.querySelector("#take");
  open.hidden = false;

  open.addEventListener("click", async () => {
    try {
      const wanted = { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } };
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted });
    } catch {
      tell(form.dataset.noCamera);
      return;
    }
    take.disabled = true;
    dialog.showModal();
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
    video.srcObject?.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  });
}
