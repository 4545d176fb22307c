"""Reads a film from standard input and writes its sharpest early frame to standard output, as a JPEG.

Run by `model.film` in a process of its own, because the file is a stranger's: so this imports nothing but OpenCV.
"""

import io
import sys
from contextlib import suppress
from typing import Any

import cv2

MEMORY = 512 * 2**20  # bytes of address space
SECONDS = 10  # of the processor
MAX_PIXELS = 1920 * 1088  # of a frame
MAX_FRAMES, STEP = 60, 10  # frames that are decoded, and every which one is looked at


def main() -> int:
    """Returns the exit code: 0 if a frame was written."""
    _limit()
    file: Any = io.BytesIO(sys.stdin.buffer.read())
    film = cv2.VideoCapture(file, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    width, height = film.get(cv2.CAP_PROP_FRAME_WIDTH), film.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if not 0 < width * height <= MAX_PIXELS:
        return 1
    best, sharpest = None, -1.0
    for number in range(MAX_FRAMES):
        if not film.grab():
            break
        if number % STEP == 0:
            read, frame = film.retrieve()
            sharpness = float(cv2.Laplacian(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), cv2.CV_32F).std()) if read else -1
            if sharpness > sharpest:
                best, sharpest = frame, sharpness
    if best is None:
        return 1
    sys.stdout.buffer.write(cv2.imencode(".jpg", best, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    return 0


def _limit() -> None:
    """Let the operating system stop this process when it takes too much."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits; an operator's own may be lower
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.exit(main())
