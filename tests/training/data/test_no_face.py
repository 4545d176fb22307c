"""Pictures that show nobody are taken out of packages: whole, small, on white, and none of people."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from training.data.no_face import keep


@pytest.fixture
def package(tmp_path: Path) -> Path:
    place = tmp_path / "package" / "usr" / "share"
    (place / "people").mkdir(parents=True)
    Image.new("RGBA", (900, 300), (255, 0, 0, 0)).save(place / "clear.png")
    Image.new("RGB", (40, 40), "green").save(place / "green.jpg")
    Image.new("RGB", (40, 40), "pink").save(place / "people" / "somebody.png")
    (place / "broken.png").write_bytes(b"no picture")
    return tmp_path / "package"


def test_each_picture_is_shrunk_and_put_on_white(package: Path, tmp_path: Path) -> None:
    kept = {file.name.split("-")[1]: Image.open(file) for file in keep(package, tmp_path, 10)}
    assert set(kept) == {"clear.jpg", "green.jpg"}
    assert kept["clear.jpg"].size == (640, 213) and kept["clear.jpg"].getpixel((5, 5)) == (255, 255, 255)


def test_no_more_are_kept_than_asked_for_and_the_same_ones_each_time(package: Path, tmp_path: Path) -> None:
    (package / "usr" / "share" / "broken.png").unlink()
    (kept,) = keep(package, tmp_path, 1)
    assert list(keep(package, tmp_path, 1)) == [kept]


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training.data.no_face", str(tmp_path), "--package", "no-such-package-at-all"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "no-such-package-at-all" in result.stderr or "apt-get" in result.stderr
