"""What a stranger's file becomes: upright RGB pixels, or one clear sentence."""

import time
import tracemalloc
import zipfile
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from model.image import MAX_BYTES, MAX_PIXELS, WORKING_SIDE, Photo, PhotoError, decode, from_image
from tests.model.photos import cat, encoded, endless_jpeg, png

RED, BLUE, WHITE = (200, 30, 40), (20, 40, 220), (255, 255, 255)
SIZE = 60, 40
pillow_heif.register_heif_opener()
red = Image.new("RGB", SIZE, RED)
clear = Image.new("RGBA", SIZE, (*RED, 0))
half_clear_row = b"\0" + bytes((200, 0, 30, 0, 40, 0, 128, 0)) * 60
palette = red.quantize(4)

READ: dict[str, tuple[bytes, tuple[int, int, int]]] = {
    "JPEG": (encoded(red, "JPEG"), RED),
    "progressive JPEG": (encoded(red, "JPEG", progressive=True), RED),
    "CMYK JPEG": (encoded(red.convert("CMYK"), "JPEG"), RED),
    "grey JPEG": (encoded(Image.new("L", SIZE, 90), "JPEG"), (90, 90, 90)),
    "MPO": (encoded(red, "MPO", save_all=True, append_images=[Image.new("RGB", SIZE, BLUE)]), RED),
    "PNG": (encoded(red, "PNG"), RED),
    "transparent PNG": (encoded(clear, "PNG"), WHITE),
    "transparent grey PNG": (encoded(clear.convert("LA"), "PNG"), WHITE),
    "PNG with a transparent color": (encoded(red, "PNG", transparency=RED), WHITE),
    "palette PNG": (encoded(palette, "PNG"), RED),
    "transparent palette PNG": (encoded(palette, "PNG", transparency=bytes(4)), WHITE),
    "1-bit PNG": (encoded(Image.new("1", SIZE, 1), "PNG"), WHITE),
    "16-bit grey PNG": (encoded(Image.fromarray(np.full((40, 60), 90 * 257, np.uint16)), "PNG"), (90, 90, 90)),
    "16-bit RGB PNG": (png(*SIZE, 16, 2, (b"\0" + bytes((200, 0, 30, 0, 40, 0)) * 60) * 40), RED),
    "16-bit half transparent PNG": (png(*SIZE, 16, 6, half_clear_row * 40), (227, 142, 147)),
    "GIF": (encoded(red, "GIF"), RED),
    "animated GIF": (encoded(red, "GIF", save_all=True, append_images=[Image.new("RGB", SIZE, BLUE)]), RED),
    "transparent GIF": (encoded(clear, "GIF"), WHITE),
    "WebP": (encoded(red, "WEBP"), RED),
    "transparent WebP": (encoded(clear, "WEBP", lossless=True), WHITE),
    "animated WebP": (encoded(red, "WEBP", save_all=True, append_images=[Image.new("RGB", SIZE, BLUE)]), RED),
    "BMP": (encoded(red, "BMP"), RED),
    "TIFF": (encoded(red, "TIFF"), RED),
    "compressed TIFF": (encoded(red, "TIFF", compression="tiff_lzw"), RED),
    "zipped TIFF": (encoded(clear, "TIFF", compression="tiff_adobe_deflate"), WHITE),
    "CMYK TIFF": (encoded(red.convert("CMYK"), "TIFF", compression="packbits"), RED),
    "TIFF of several pages": (
        encoded(red, "TIFF", save_all=True, append_images=[Image.new("RGB", SIZE, BLUE)]),
        RED,
    ),
    "16-bit TIFF": (encoded(Image.fromarray(np.full((40, 60), 90 * 257, ">u2")), "TIFF"), (90, 90, 90)),
    "HEIC": (encoded(red, "HEIF", quality=-1, chroma=444), RED),
    "transparent HEIC": (encoded(clear, "HEIF", quality=-1, chroma=444), WHITE),
    "AVIF": (encoded(red, "AVIF", quality=100), RED),
    "animated AVIF": (encoded(red, "AVIF", save_all=True, append_images=[Image.new("RGB", SIZE, BLUE)]), RED),
}


def problem(data: bytes) -> str:
    """The problem that a file is refused for, whose sentence must say what was wrong and what to do."""
    with pytest.raises(PhotoError) as caught:
        decode(data)
    wrong, _, advice = str(caught.value).partition("; ")
    assert wrong.startswith("the ") or "not supported" in wrong
    assert advice.startswith("send ")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 160
    return caught.value.problem


def outcome(data: bytes) -> Photo | PhotoError:
    """What becomes of a file of which either is right."""
    try:
        return decode(data)
    except PhotoError as error:
        return error


@pytest.mark.parametrize("name", READ)
def test_every_usual_kind_of_file_is_read_in_its_colors(name: str) -> None:
    data, color = READ[name]
    photo = decode(data)
    assert (photo.image.mode, photo.image.size, photo.size) == ("RGB", SIZE, SIZE)
    assert np.abs(np.asarray(photo.image, dtype=int) - color).max() <= 5


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("TIFF", encoded(red, "TIFF", compression="lzma")),
        ("SVG", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("SVG", b"\xef\xbb\xbf<!-- drawn -->\n<SVG/>"),
    ],
)
def test_a_picture_of_another_kind_is_refused_by_its_name(name: str, data: bytes) -> None:
    assert problem(data) == "unsupported"
    with pytest.raises(PhotoError, match=name):
        decode(data)


@pytest.mark.parametrize("data", [encoded(red, "HEIF"), encoded(red, "AVIF")])
def test_a_photo_of_a_phone_that_is_cut_short_is_called_damaged(data: bytes) -> None:
    assert problem(data[: len(data) // 2]) == "unreadable"
    assert problem(data[:40] + bytes(500)) == "unreadable"


def test_a_photo_of_a_phone_and_a_tiff_are_turned_upright_once() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    for form in ("HEIF", "AVIF", "TIFF"):
        photo = decode(encoded(red, form, exif=exif.tobytes()))
        assert photo.size == photo.image.size == (SIZE[1], SIZE[0])


def test_a_tiff_that_is_cut_short_is_called_damaged() -> None:
    for options in ({}, {"compression": "tiff_lzw"}):
        whole = encoded(red, "TIFF", **options)
        assert {problem(whole[:length]) for length in (6, 8, 40, len(whole) - 100)} == {"unreadable"}


def test_a_photo_of_a_phone_may_have_so_many_pixels() -> None:
    assert problem(encoded(Image.new("RGB", (5200, 5000)), "AVIF", speed=10)) == "too_many_pixels"


def test_a_file_that_is_no_picture_is_called_so() -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("photo.jpg", encoded(red, "JPEG"))
    others = (
        archive.getvalue(),
        encoded(red, "PDF"),
        b"Hello, is this a photo?",
        b'<?xml version="1.0"?><rss/>',
        b"\xff",
    )
    assert [problem(data) for data in others] == ["not_an_image"] * len(others)


def test_an_empty_file_is_called_empty() -> None:
    assert problem(b"") == "empty"


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_never_answered_with_anything_but_one_sentence(name: str, share: float) -> None:
    data = READ[name][0]
    result = outcome(data[: int(len(data) * share)])
    if isinstance(result, Photo):  # all the pixels may come before the cut
        assert result.size == SIZE
    else:
        assert result.problem == "unreadable"


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_half_a_photo_is_called_damaged(file_format: str) -> None:
    data = encoded(cat(), file_format)
    assert problem(data[: len(data) // 2]) == "unreadable"


def test_a_file_that_only_begins_like_a_photo_is_called_damaged() -> None:
    assert problem(b"\xff\xd8\xff\xe0" + bytes(30)) == "unreadable"
    assert problem(b"\x89PNG\r\n\x1a\n") == "unreadable"


def turned_for(orientation: int, photo: Image.Image) -> Image.Image:
    """The pixels that a camera stores, with that EXIF orientation, of what a viewer then shows as `photo`."""
    ways = Image.Transpose
    stored: dict[int, Callable[[], Image.Image]] = {
        1: photo.copy,
        2: lambda: photo.transpose(ways.FLIP_LEFT_RIGHT),
        3: lambda: photo.transpose(ways.ROTATE_180),
        4: lambda: photo.transpose(ways.FLIP_TOP_BOTTOM),
        5: lambda: photo.transpose(ways.TRANSPOSE),
        6: lambda: photo.transpose(ways.ROTATE_90),
        7: lambda: photo.transpose(ways.TRANSVERSE),
        8: lambda: photo.transpose(ways.ROTATE_270),
    }
    return stored[orientation]()


def with_orientation(image: Image.Image, orientation: int, file_format: str) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return encoded(image, file_format, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_a_turned_photo_is_read_as_a_viewer_shows_it(orientation: int, file_format: str) -> None:
    photo = decode(with_orientation(turned_for(orientation, cat()), orientation, file_format))
    assert photo.size == photo.image.size == cat().size
    assert np.abs(np.asarray(photo.image, dtype=int) - np.asarray(cat())).mean() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_turned_photo_is_shrunk_and_keeps_the_size_a_viewer_shows(orientation: int) -> None:
    large = cat().resize((3008, 2000))
    photo = decode(with_orientation(turned_for(orientation, large), orientation, "JPEG"))
    assert photo.size == (3008, 2000)
    assert photo.image.size == (1504, 1000)
    assert photo.scale == 2


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(orientation: int) -> None:
    assert decode(with_orientation(red, orientation, "JPEG")).size == SIZE


@pytest.mark.parametrize(
    "exif",
    [b"garbage!!!", b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 20, b"MM\0*" + bytes(60), b""],
    ids=["text", "little-endian", "big-endian", "none"],
)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_hide_the_photo(exif: bytes, file_format: str) -> None:
    assert decode(encoded(red, file_format, exif=b"Exif\0\0" + exif)).size == SIZE


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "data",
    [
        encoded(Image.new("1", (20_000, 20_000)), "PNG"),
        encoded(Image.new("1", (13_400, 13_400)), "PNG"),
        encoded(Image.new("1", (10_000, 10_000)), "PNG"),
        encoded(Image.new("L", (20_000, 2_600)), "JPEG"),
        encoded(Image.new("L", (5_100, 5_000)), "JPEG", progressive=True),
        encoded(Image.new("RGB", (4_100, 4_000)), "WEBP", method=0, lossless=True, quality=0),
        png(20_000, 20_000, 8, 2, bytes(100)),
        png(5_100, 5_000, 8, 6, bytes(100)),
    ],
    ids=[
        "20000 x 20000",
        "180 megapixels",
        "100 megapixels",
        "52 megapixels",
        "progressive",
        "webp",
        "promised",
        "promised less",
    ],
)
def test_too_many_pixels_are_refused_before_they_are_decoded(data: bytes) -> None:
    tracemalloc.start()
    began = time.process_time()
    assert problem(data) == "too_many_pixels"
    assert time.process_time() - began < 0.2
    assert tracemalloc.get_traced_memory()[1] < len(data) + 2**20
    tracemalloc.stop()


def test_a_photo_of_fifty_megapixels_is_read() -> None:
    photo = decode(encoded(Image.new("L", (8_000, 6_250)), "JPEG"))
    assert photo.size == (8_000, 6_250)
    assert WORKING_SIDE <= max(photo.image.size) < 2 * WORKING_SIDE


def test_a_header_that_promises_more_than_the_file_holds_is_refused_quickly() -> None:
    began = time.process_time()
    assert problem(png(5_000, 5_000, 8, 2, bytes(100))) == "unreadable"
    assert time.process_time() - began < 1


def test_a_small_file_cannot_ask_for_hours_of_decoding() -> None:
    data = endless_jpeg(scans=300)
    assert len(data) < 200_000
    began = time.process_time()
    assert problem(data) == "unreadable"
    assert time.process_time() - began < 0.5


def test_twenty_megabytes_are_read_and_more_are_refused() -> None:
    photo = encoded(red, "JPEG")
    assert decode(photo + bytes(MAX_BYTES - len(photo))).size == SIZE
    assert problem(photo + bytes(MAX_BYTES - len(photo) + 1)) == "too_many_bytes"


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_large_photo_is_shrunk_to_a_working_size(file_format: str) -> None:
    photo = decode(encoded(cat().resize((2706, 1800)), file_format))
    assert photo.size == (2706, 1800)
    assert photo.image.size == (1353, 900)
    assert photo.scale == 2
    assert np.abs(np.asarray(photo.image, dtype=int) - np.asarray(cat().resize((1353, 900)))).mean() < 8


def test_a_jpeg_is_shrunk_as_far_as_asked_for_and_other_files_are_not() -> None:
    picture = cat().resize((1280, 960))
    assert decode(encoded(picture, "JPEG"), side=640).image.size == (640, 480)
    assert decode(encoded(picture, "JPEG"), side=641).image.size == (1280, 960)
    assert decode(encoded(picture, "PNG"), side=640).image.size == (1280, 960)


@pytest.mark.parametrize("size", [(1, 1), (1, 30_000), (30_000, 1), (8_000, 2), (2, 8_000), (5_000, 3)])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP"])
def test_a_photo_of_any_shape_is_read(size: tuple[int, int], file_format: str) -> None:
    photo = decode(encoded(Image.new("RGB", size, RED), file_format))
    assert photo.size == size
    assert min(photo.image.size) >= 1
    assert np.abs(np.asarray(photo.image, dtype=int) - RED).max() <= 4


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "I;16", "I", "F"]
)
def test_an_image_of_any_mode_becomes_rgb(mode: str) -> None:
    assert from_image(Image.new(mode, SIZE)).image.mode == "RGB"


def test_an_opened_image_stays_as_it_was() -> None:
    opened = Image.open(BytesIO(encoded(cat().resize((2706, 1800)), "JPEG")))
    assert from_image(opened).size == (2706, 1800)
    assert opened.size == (2706, 1800)


def test_an_image_that_cannot_be_answered_is_refused_like_a_file() -> None:
    too_large = Image.open(BytesIO(png(8_000, MAX_PIXELS // 8_000 + 1, 8, 2, bytes(9))))
    cut_short = Image.open(BytesIO(encoded(cat(), "JPEG")[:9_000]))
    reasons = []
    for image in Image.new("RGB", (0, 5)), too_large, cut_short:
        with pytest.raises(PhotoError) as caught:
            from_image(image)
        reasons.append(caught.value.problem)
    assert reasons == ["empty", "too_many_pixels", "unreadable"]


QUICK = settings(max_examples=150, deadline=15_000, suppress_health_check=[HealthCheck.data_too_large])
BEGINNINGS = [
    b"",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"BM",
    b"\0\0\0\x18ftyp",
]


@QUICK
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400))
def test_random_bytes_are_refused_with_one_sentence(beginning: bytes, rest: bytes) -> None:
    result = outcome(beginning + rest)
    assert isinstance(result, Photo) or str(result).count("; send ") == 1


@QUICK
@given(
    st.sampled_from([name for name in READ if "BMP" not in name]),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6),
)
def test_a_photo_with_changed_bytes_is_read_or_refused_with_one_sentence(
    name: str, changes: list[tuple[float, bytes]]
) -> None:
    data = bytearray(READ[name][0])
    for place, new in changes:
        start = int(place * len(data))
        data[start : start + len(new)] = new
    result = outcome(bytes(data))
    if isinstance(result, Photo):
        assert result.image.mode == "RGB"
        assert min(result.image.size) >= 1
    else:
        assert str(result).count("; send ") == 1
