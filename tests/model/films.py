"""Short films for tests, of the portrait that comes with scikit-image."""

import tempfile
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

MP4, WEBM = "mp4v", "VP80"


@cache
def film(codec: str = MP4, color: str = "#ff0000", size: tuple[int, int] = (384, 384), frames: int = 12) -> bytes:
    """One face in a light of that color, which fades in from black and moves."""
    import skimage.data

    photo = Image.fromarray(skimage.data.astronaut())
    lit = np.asarray(Image.blend(photo, Image.new("RGB", photo.size, color), 0.3).resize(size))[:, :, ::-1]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "film.mp4" if codec == MP4 else "film.webm")
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*codec), 10, size)
        for number in range(frames):
            writer.write(np.roll(lit * np.uint8(number > 0), number, axis=1))
        writer.release()
        return file.read_bytes()
