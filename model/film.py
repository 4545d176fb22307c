"""Takes a frame out of a film (MP4 or WebM) that a stranger sent: GIFs, short videos, video messages, video stickers.

OpenCV decodes it, with the FFmpeg that it carries, in a process of its own that knows no secret and is stopped when it
takes too much memory or time. So a film that breaks the decoder costs its sender an answer, and nobody else anything.
"""

import os
import subprocess
import sys
from pathlib import Path

from model.image import PhotoError, is_phone_photo

WAIT = 30.0  # seconds, on a busy machine
WEBM = b"\x1a\x45\xdf\xa3"
ENVIRONMENT = {  # FFmpeg tries no other format, opens no other file, and says nothing; one thread
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "format_whitelist;mov,mp4,m4a,3gp,3g2,mj2,matroska,webm|protocol_whitelist;none",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENBLAS_NUM_THREADS": "1",
}
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")  # what a program may need to start


def is_film(data: bytes) -> bool:
    """Tells from its first bytes whether a file is an MP4 or a WebM."""
    return data.startswith(WEBM) or (data[4:8] == b"ftyp" and not is_phone_photo(data))


def frame_of(data: bytes) -> bytes:
    """Returns the sharpest of a few early frames of a film, as a JPEG file.

    Raises:
        PhotoError: it cannot be read, has frames of more than two megapixels, or takes too much memory or time.
    """
    command = [sys.executable, "-I", str(Path(__file__).with_name("film_frame.py"))]
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | ENVIRONMENT
    try:
        read = subprocess.run(
            command, input=data, capture_output=True, env=environment, cwd=os.sep, timeout=WAIT, check=True
        )
    except (subprocess.SubprocessError, OSError):
        raise PhotoError("unreadable", "no frame of the film can be read; send one as a photo") from None
    return read.stdout
