"""Files that ask for much more work than a photo are refused before it is done; photos that merely look so are not."""

import subprocess
import sys
import time
import tracemalloc
import zlib

import pytest
from PIL import Image

from model.image import PhotoError, decode
from tests.model.hostile import COSTLY, SIZE, chunk, compressed_bmp, in_jpeg, in_png, many_scans, red, tiff
from tests.model.photos import encoded


@pytest.mark.parametrize("kind", COSTLY)
def test_a_costly_file_is_refused_at_little_cost(kind: str) -> None:
    began = time.process_time()
    tracemalloc.start()
    with pytest.raises(PhotoError, match="takes far too long to decode; send it as an ordinary JPEG") as caught:
        decode(COSTLY[kind])
    assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    tracemalloc.stop()
    assert caught.value.problem == "unreadable"
    assert time.process_time() - began < 5  # a second without the tracing; whole minutes if it were decoded


def test_a_jpeg_whose_colors_come_one_by_one_is_read() -> None:
    assert decode(many_scans(400, 3)).size == (400, 400)


def test_a_jpeg_whose_colors_come_one_by_one_is_held_whole_and_has_its_limit() -> None:
    with pytest.raises(PhotoError, match="at most 25 megapixels"):
        decode(many_scans(5_100, 3))


def test_pictures_and_films_that_a_phone_hides_behind_a_photo_count_for_nothing() -> None:
    behind = encoded(Image.new("RGB", (40, 30)), "JPEG") * 20 + b"\xff\xda" * 2_000
    assert decode(encoded(Image.new("RGB", (4_000, 3_000)), "JPEG") + behind).size == (4_000, 3_000)


def test_a_preview_inside_a_photo_does_not_hide_how_its_scans_are() -> None:
    preview = b"Exif\0\0" + encoded(red, "JPEG")
    segment = b"\xff\xe1" + (len(preview) + 2).to_bytes(2) + preview
    costly = COSTLY["JPEG of scans"]
    assert decode(in_jpeg(segment)).size == SIZE
    with pytest.raises(PhotoError, match="takes far too long"):
        decode(costly[:2] + segment + costly[2:])


def test_a_photo_of_usual_pieces_is_read() -> None:
    assert decode(in_jpeg((b"\xff\xe2\0\x20" + bytes(30)) * 500)).size == SIZE
    assert decode(in_png(chunk(b"tEXt", b"Comment\0hello") * 500)).size == SIZE


def test_text_that_unpacks_to_much_more_is_not_unpacked() -> None:
    bombs = b"".join(chunk(b"zTXt", b"%d\0\0" % number + zlib.compress(bytes(2**20))) for number in range(64))
    tracemalloc.start()
    with pytest.raises(PhotoError):
        decode(in_png(bombs))
    assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    tracemalloc.stop()


def test_a_compressed_bmp_is_refused_by_its_name() -> None:
    with pytest.raises(PhotoError, match="compressed BMP files are not supported") as caught:
        decode(compressed_bmp(25_000_000, 1, b"\1\1\0\0"))
    assert caught.value.problem == "unsupported"


def test_a_tiff_of_usual_strips_and_tiles_is_read() -> None:
    packed = zlib.compress(bytes(256 * 256))
    for tags in (
        {273: (1, -1), 278: (1, 2**32 - 1), 279: (1, len(packed))},
        {322: (1, 256), 323: (1, 256), 324: (1, -1), 325: (1, len(packed))},
    ):
        assert decode(tiff(packed, tags)).size == (100, 100)


def test_no_reader_but_those_of_the_six_formats_is_ever_tried() -> None:
    """Pillow reads forty; TIFF's is what reads EXIF, and MPO's a JPEG with others behind it."""
    code = (
        "import io, sys\n"
        "from model.image import PhotoError, decode\n"
        "for start in (b'', b'\\xff\\xd8\\xff', b'\\x89PNG\\r\\n\\x1a\\n', b'GIF89a', b'BM', b'%!PS-Adobe', b'8BPS', b'II*\\0',"
        " b'\\0\\0\\0\\x0cjP  ', b'P6 1 1 255 ', b'SIMPLE  =', b'icns', b'\\xd7\\xcd\\xc6\\x9a'):\n"
        "    try:\n        decode(start + bytes(200))\n    except PhotoError:\n        pass\n"
        "print(*sorted(name[4:-11] for name in sys.modules if name.startswith('PIL.') and name.endswith('ImagePlugin')))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert set(loaded.stdout.split()) <= {
        "Bmp",
        "Gif",
        "Jpeg",
        "Png",
        "Ppm",
        "WebP",
        "Mpo",
        "Tiff",
    }  # Ppm comes unasked
