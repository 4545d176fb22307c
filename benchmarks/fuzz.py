"""`python -m benchmarks.fuzz`: many thousands of damaged photos, made by atheris (libFuzzer) out of drawn ones of every kind.

Each must be read or refused with a `PhotoError`, in time, without memory growing; faces are looked for in some of those
that are read. libFuzzer ends the process, with another code than 0 if one was not, and writes that one to a file `crash-*`,
`timeout-*` or `oom-*`.
"""

import io
import os
import resource
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Annotated

import atheris
import pillow_heif
import typer
from PIL import Image, ImageDraw, features

from bot.stats import megabytes

with atheris.instrument_imports(include=["PIL", "model"]):
    from model.faces.finder import FaceFinder
    from model.image import FORMATS, PhotoError, decode

SECONDS, MEGABYTES = 20, 1024  # that one input may take
GROWTH = 100  # megabytes that may be held more at the end than early on, most of them by libFuzzer
LONGEST = 16 * 1024  # bytes of an input
LOOK = 50  # faces are looked for in one photo of so many
PNG = b"\x89PNG\r\n\x1a\n"


class Target:
    """What is fuzzed, and what came of it."""

    def __init__(self, inputs: int):
        self._inputs = inputs
        self._outcomes: Counter[str] = Counter()
        self._finder = FaceFinder()
        self._slowest = 0.0
        self._memory_early = 0.0

    def __call__(self, data: bytes) -> None:
        began = time.process_time()
        try:
            photo = decode(data)
        except PhotoError as error:
            self._outcomes[error.problem] += 1
        else:
            assert photo.image.mode == "RGB" and min(photo.image.size) > 0
            self._outcomes["read"] += 1
            if self._outcomes["read"] % LOOK == 0:
                self._finder.find(photo.image)
        self._slowest = max(self._slowest, time.process_time() - began)
        done = sum(self._outcomes.values())
        if done == self._inputs // 5:
            self._memory_early = megabytes() or 0.0
        if done == self._inputs:
            self._report(done)

    def _report(self, done: int) -> None:
        outcomes = ", ".join(f"{count} {name}" for name, count in self._outcomes.most_common())
        early, late = self._memory_early, megabytes() or 0.0
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"\ninputs           {done}: {outcomes}")
        print(f"slowest          {self._slowest * 1000:.0f} ms of the processor")
        print(
            f"memory           {early:.0f} MB after a fifth, {late:.0f} MB after all, at most {most:.0f} MB", flush=True
        )
        if late - early > GROWTH:
            raise MemoryError(f"{late - early:.0f} MB more are held than early on")
        print("anything else    none", flush=True)


def drawn_face(width: int, height: int) -> bytes:
    """A JPEG with the plainest picture that the face finder takes for a face; small, as it has few colors."""
    image = Image.new("RGB", (width, height), (150, 170, 190))
    draw = ImageDraw.Draw(image)
    x, y, r = width / 2, height / 2, height / 4
    draw.ellipse((x - r * 0.8, y - r, x + r * 0.8, y + r), (224, 172, 140))
    draw.chord((x - r * 0.85, y - r * 1.1, x + r * 0.85, y + r * 0.4), 190, 350, (60, 40, 30))
    for side in (-1, 1):
        eye = x + side * r * 0.33
        draw.ellipse((eye - r * 0.14, y - r * 0.17, eye + r * 0.14, y - r * 0.03), "white")
        draw.ellipse((eye - r * 0.06, y - r * 0.16, eye + r * 0.06, y - r * 0.04), (40, 30, 20))
        draw.arc((eye - r * 0.2, y - r * 0.35, eye + r * 0.2, y - r * 0.1), 200, 340, (60, 40, 30), 6)
    draw.line((x, y - r * 0.1, x - r * 0.08, y + r * 0.25, x + r * 0.08, y + r * 0.25), (190, 130, 100), 5)
    draw.chord((x - r * 0.3, y + r * 0.35, x + r * 0.3, y + r * 0.65), 0, 180, (170, 60, 60))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def drawn_photos() -> dict[str, bytes]:
    """A small photo of every kind that is read, by a name for each."""
    pillow_heif.register_heif_opener()
    face = Image.open(io.BytesIO(drawn_face(64, 48)))
    clear = face.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(face.size))
    deep = Image.linear_gradient("L").resize((24, 24)).convert("I;16")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "drawn"
    film = {"save_all": True, "append_images": [face.rotate(90), face.rotate(180)], "duration": 100}
    kinds: dict[str, tuple[Image.Image, str, dict[str, object]]] = {
        "baseline": (face, "JPEG", {}),
        "progressive": (face, "JPEG", {"progressive": True, "optimize": True}),
        "exif": (face, "JPEG", {"exif": exif, "icc_profile": bytes(300), "comment": b"drawn"}),
        "restarts": (face, "JPEG", {"restart_marker_blocks": 2, "subsampling": "4:2:0"}),
        "cmyk": (face.convert("CMYK"), "JPEG", {}),
        "grey": (face.convert("L"), "JPEG", {}),
        "several": (face, "MPO", film),
        "apng": (clear, "PNG", film),
        "described": (face, "PNG", {"exif": exif, "transparency": (1, 2, 3), "dpi": (72, 72)}),
        "deep": (deep, "PNG", {}),
        "lossy": (face, "WEBP", {"exif": exif}),
        "lossless": (clear, "WEBP", {"lossless": True}),
        "animated-webp": (clear, "WEBP", film),
        "heic": (face, "HEIF", {"exif": exif.tobytes()}),
        "clear-heic": (clear, "HEIF", {}),
        "avif": (face, "AVIF", {"exif": exif.tobytes()}),
        "animated-avif": (face, "AVIF", film),
        "tiff": (face, "TIFF", {"exif": exif, "compression": "tiff_lzw"}),
        "deflate-tiff": (clear, "TIFF", {"compression": "tiff_adobe_deflate"}),
        "packed-tiff": (face.convert("L"), "TIFF", {"compression": "packbits"}),
        "deep-tiff": (deep, "TIFF", {}),
        "several-tiff": (deep, "TIFF", {"save_all": True, "append_images": [deep.rotate(90)]}),
        "gif": (face, "GIF", {"comment": b"drawn"}),
        "animated-gif": (face, "GIF", film),
        "clear-gif": (clear, "GIF", {}),
    }
    kinds |= {f"{mode}-png": (clear.convert(mode), "PNG", {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")}
    kinds |= {f"{mode}-bmp": (clear.convert(mode), "BMP", {}) for mode in ("1", "L", "P", "RGB", "RGBA")}
    photos = {}
    for name, (image, file_format, options) in kinds.items():
        file = io.BytesIO()
        image.copy().save(file, file_format, **options)  # as saving leaves options of a format behind
        photos[name] = file.getvalue()
    return photos


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """As libFuzzer changes bytes; every other PNG gets right checksums again, lest none is read beyond the first."""
    changed: bytes = atheris.Mutate(data, most)
    return with_checksums(changed)[:most] if seed % 2 and changed.startswith(PNG) else changed


def with_checksums(png: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what they hold."""
    at, parts = len(PNG), [PNG]
    while at + 12 <= len(png):
        end = at + 8 + int.from_bytes(png[at : at + 4])
        if end + 4 > len(png):
            break
        parts += [png[at:end], zlib.crc32(png[at + 4 : end]).to_bytes(4)]
        at = end + 4
    return b"".join(parts) + png[at:]


def main(
    inputs: Annotated[int, typer.Option(help="How many, the drawn ones among them.", min=1000)] = 100_000,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.", min=1)] = 1,
) -> None:
    """Look for a file that breaks the reader of photos."""
    assert all(features.check(name) for name in ("jpg", "webp", "zlib"))
    with tempfile.TemporaryDirectory() as folder:
        drawn = drawn_photos()
        for name, data in drawn.items():
            Path(folder, name).write_bytes(data)
        formats = ", ".join((*FORMATS, "TIFF", "HEIF", "AVIF"))
        print(f"{len(drawn)} drawn photos of the formats {formats}", flush=True)
        options = [
            f"-runs={inputs}",
            f"-seed={seed}",
            f"-max_len={LONGEST}",
            f"-timeout={SECONDS}",
            f"-rss_limit_mb={MEGABYTES}",
        ]
        # libFuzzer limits the peak, which Linux counts from that of whoever started this program: a child's is its own.
        if child := os.fork():
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        atheris.Setup([sys.argv[0], *options, folder], Target(inputs), custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    typer.run(main)
