// Makes the page answer without being loaded anew. Everything here is an addition: the form works without it.

import "./linking.js";
import "./saving.js";
import "./verdict.js";
import { offerCamera } from "./camera.js";
import { look } from "./photos.js";
import { acceptPhotos } from "./picking.js";

document.documentElement.classList.add("js");
const form = document.querySelector("#ask");
acceptPhotos(form, look);
offerCamera(form, (photo) => look([photo]));

for (const example of document.querySelectorAll(".examples a"))
  example.addEventListener("click", async (event) => {
    event.preventDefault();
    const address = example.querySelector("img").src;
    const photo = await (await fetch(address)).blob();
    look([new File([photo], address.split("/").pop(), { type: photo.type })]);
  });
