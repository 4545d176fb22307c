// Draws a photo as a small square.

export const SIDE = 96; // pixels

// Draw the middle of a photo, a Blob or an address, on a canvas of that side.
export async function drawThumbnail(photo, canvas) {
  try {
    const picture = await createImageBitmap(photo instanceof Blob ? photo : await loaded(photo));
    const scale = SIDE / Math.min(picture.width, picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    canvas.getContext("2d").drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    picture.close();
  } catch {
    // such as HEIC, which this browser cannot show but the server can read
  }
}

async function loaded(address) {
  const image = Object.assign(new Image(), { src: address });
  await image.decode();
  return image;
}
