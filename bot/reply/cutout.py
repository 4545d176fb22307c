"""What is given of a photo: the whole of it, or one face, as a new file that holds nothing but pixels.

Knows nothing of Telegram, nor of why it is given.
"""

import io

from bot.reply.drawing import Box
from model.image import decode

AROUND = 2.0  # times the face's longer side: as much as training looks at


def cut_out(photo: bytes, box: Box | None, units: int) -> bytes:
    """A JPEG without anything that the file said beside its pixels, such as where it was taken.

    Args:
        photo: the file.
        box: left, top, right, bottom of the face to cut out; None keeps the whole photo.
        units: how wide and how high a photo is in the numbers of `box`.

    Raises:
        PhotoError: the photo cannot be decoded.
    """
    image = decode(photo).image
    if box is not None:
        left, right = (side * image.width / units for side in box[::2])
        top, bottom = (side * image.height / units for side in box[1::2])
        reach = max(right - left, bottom - top, 1) * AROUND / 2
        across, down = (left + right) / 2, (top + bottom) / 2
        image = image.crop(
            (
                round(max(0.0, across - reach)),
                round(max(0.0, down - reach)),
                round(min(float(image.width), across + reach)),
                round(min(float(image.height), down + reach)),
            )
        )
    image.info.clear()  # else Pillow writes the comments it found into the new file
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()
