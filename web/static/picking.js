// The ways a photo gets onto the page, other than the camera: picked, dropped, pasted.

// Call `look` with the photos that a visitor gives at a time, each a Blob.
export function acceptPhotos(form, look) {
  const field = form.querySelector("#photo");
  field.required = false; // the script sends what is chosen at once
  field.multiple = true; // without it, a form carries one photo
  field.addEventListener("change", () => {
    look([...field.files]);
    field.value = ""; // so that the same photo can be chosen again
  });

  let inside = 0; // elements under the pointer, of which each is entered and left
  const drops = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (drops(event)) form.classList.toggle("dropping", ++inside > 0);
  });
  addEventListener("dragleave", (event) => {
    if (drops(event)) form.classList.toggle("dropping", --inside > 0);
  });
  addEventListener("dragover", (event) => {
    if (drops(event)) event.preventDefault(); // else the browser opens the photo itself
  });
  addEventListener("drop", (event) => {
    if (!drops(event)) return;
    event.preventDefault();
    inside = 0;
    form.classList.remove("dropping");
    look([...event.dataTransfer.files]);
  });

  addEventListener("paste", (event) => {
    look([...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/")));
  });
}
