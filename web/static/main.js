// Makes the page answer without being loaded anew. Everything here is an addition: the form works without it.

import { offerCamera } from "./camera.js";
import { acceptPhotos } from "./picking.js";
import { ask } from "./asking.js";

document.documentElement.classList.add("js");
const form = document.querySelector("#ask");
const look = (photo) => ask(form, photo);
acceptPhotos(form, look);
offerCamera(form, look);
