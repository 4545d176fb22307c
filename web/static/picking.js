// The ways a photo gets onto the page, other than the camera: picked, dropped, pasted.

// Call `look` with each photo that a visitor gives, as a Blob.
export function acceptPhotos(form, look) {
  const field = form.querySelector("#photo");
  field.required = false; // the script sends what is chosen at once
  field.addEventListener("change", () => {
    if (field.files.length) look(field.files[0]);
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
    if (event.dataTransfer.files.length) look(event.dataTransfer.files[0]);
  });

  addEventListener("paste", (event) => {
    const photo = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
    if (photo) look(photo);
  });
}
