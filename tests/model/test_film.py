"""A frame of a film: read where it can be, and nothing but one clear error where it cannot."""

import io
import os
import random
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model import PhotoError
from model import film as films
from model.film import frame_of, is_film
from tests.model.films import MP4, WEBM, film
from tests.model.photos import encoded, portrait


@pytest.mark.parametrize("codec", [MP4, WEBM, "VP90"])
def test_the_sharpest_early_frame_of_a_film_is_a_photo(codec: str) -> None:
    frame = Image.open(io.BytesIO(frame_of(film(codec))))
    assert frame.format == "JPEG" and frame.size == (384, 384)
    assert np.asarray(frame).mean() > 60  # not the black one that it begins with


def test_films_are_told_from_photos_and_everything_else_by_their_first_bytes() -> None:
    assert is_film(film(MP4)) and is_film(film(WEBM))
    photos = [encoded(portrait(), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF")]
    assert not any(map(is_film, [*photos, b"", b"\x1f\x8bsticker", b"#EXTM3U\n/etc/passwd"]))


def test_a_film_with_frames_of_more_than_two_megapixels_is_refused() -> None:
    with pytest.raises(PhotoError, match="no frame of the film can be read"):
        frame_of(film(MP4, size=(2048, 1280), frames=2))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1a\x45\xdf\xa3" + b"\0" * 100,
        b"\0\0\0\x18ftypisom" + b"\xff" * 1000,
        b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
    ],
    ids=["empty", "WebM of nothing", "MP4 of nothing", "playlist", "list of files"],
)
def test_what_is_no_film_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(PhotoError, match="send one as a photo"):
        frame_of(data)


@pytest.mark.parametrize("codec", [MP4, WEBM])
@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_film_gives_a_photo_or_the_sentence(codec: str, seed: int) -> None:
    chance, data = random.Random(seed), bytearray(film(codec))
    for _ in range(chance.choice((1, 5, 50, 500))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    damaged = bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])
    with suppress(PhotoError):
        Image.open(io.BytesIO(frame_of(damaged))).load()


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Another program in the place of the one that reads films."""
    Path(folder, "film_frame.py").write_text(code)
    monkeypatch.setattr(films, "__file__", str(folder / "film.py"))


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limits")
@pytest.mark.parametrize("code", ["bytearray(10**9)", "while True: pass", "import os; os.abort()"])
def test_a_film_that_takes_too_much_or_breaks_the_decoder_costs_only_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    limits = Path(films.__file__).with_name("film_frame.py").read_text().partition('\nif __name__ == "__main__"')[0]
    stand_in(tmp_path, monkeypatch, f"{limits}\nSECONDS = 1\n_limit()\n{code}\nsys.exit(0)")
    with pytest.raises(PhotoError):
        frame_of(film())


def test_the_decoder_s_process_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "123:secret")
    stand_in(tmp_path, monkeypatch, "import os, sys; sys.stdout.write(' '.join(os.environ))")
    names = set(frame_of(film()).decode().split())
    assert names <= {*films.ENVIRONMENT, *films.PASSED_ON, "LC_CTYPE", *([] if os.name == "posix" else os.environ)}
