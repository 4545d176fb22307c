// Draws the photo with its boxes and labels, as they stand on the page, in the photo's own pixels.

const MOST = 4096; // pixels of its long side

// Returns a JPEG, as a Blob.
export async function drawn(drawing) {
  const photo = drawing.querySelector("#shown");
  await photo.decode();
  const scale = Math.min(1, MOST / Math.max(photo.naturalWidth, photo.naturalHeight));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [photo.naturalWidth * scale, photo.naturalHeight * scale];
  const draw = canvas.getContext("2d");
  draw.drawImage(photo, 0, 0, canvas.width, canvas.height);
  const map = drawing.querySelector(".heat-map img");
  if (map?.checkVisibility({ visibilityProperty: true })) draw.drawImage(map, 0, 0, canvas.width, canvas.height);
  const seen = photo.getBoundingClientRect();
  const larger = canvas.width / seen.width;
  const placed = (part) => {
    const { left, top, width, height } = part.getBoundingClientRect();
    return [(left - seen.left) * larger, (top - seen.top) * larger, width * larger, height * larger];
  };
  draw.lineJoin = "round";
  for (const box of drawing.querySelectorAll(".box"))
    for (const [color, width] of [["#000", 6], [tintOf(box), 3.5]]) {
      [draw.strokeStyle, draw.lineWidth] = [color, width * larger];
      draw.strokeRect(...placed(box));
    }
  for (const tag of drawing.querySelectorAll(".tag")) {
    const [left, top, width, height] = placed(tag);
    [draw.fillStyle, draw.strokeStyle, draw.lineWidth] = [tintOf(tag), "#000", larger];
    draw.fillRect(left, top, width, height);
    draw.strokeRect(left, top, width, height);
    const style = getComputedStyle(tag);
    draw.fillStyle = style.color;
    draw.font = `650 ${height * 0.6}px ${style.fontFamily}`;
    [draw.textAlign, draw.textBaseline] = ["center", "middle"];
    draw.fillText(tag.innerText.replace(/\s+/g, " ").trim(), left + width / 2, top + height / 2, width);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

function tintOf(part) {
  return getComputedStyle(part).getPropertyValue("--tint");
}
