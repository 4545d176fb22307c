"""`python -m training.data.no_face DIR`: pictures that show nobody, for the folder `no_face` of a training or an evaluation.

They are the free drawings, animals, things and landscapes that ship in Debian's packages: what a face finder is most
easily wrong about. Each is shrunk and put on white.
"""

import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from model import NO_FACE, PhotoError
from model.image import decode
from training.data.files import list_files

PACKAGES = (
    "tuxpaint-stamps-default",
    "openclipart-png",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "mate-backgrounds",
    "gnome-backgrounds",
    "plasma-workspace-wallpapers",
)
PEOPLE = ("people", "faces")  # folders of them that hold photos of people
SIDE = 640  # pixels of the longer side


def main(
    out: Annotated[Path, typer.Argument(metavar="DIR", help=f"Pictures go to DIR/{NO_FACE}.")],
    most: Annotated[int, typer.Option(min=1, help="Of each package, drawn by chance.")] = 1000,
    package: Annotated[
        list[str] | None,
        typer.Option(help="A Debian package with pictures that show nobody. May be given several times."),
    ] = None,
) -> None:
    """Fetch pictures that show nobody from Debian's packages."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        sys.exit(
            "Error: apt-get and dpkg-deb are needed, which Debian and Ubuntu have; elsewhere, collect such photos by hand."
        )
    folder = out / NO_FACE
    folder.mkdir(parents=True, exist_ok=True)
    for name in package or PACKAGES:
        with tempfile.TemporaryDirectory() as place:
            try:
                unpack(name, Path(place))
            except subprocess.CalledProcessError as error:
                sys.exit(
                    f"Error: {name} cannot be fetched: {_last_line(error.stderr)} Run apt-get update, or leave it out."
                )
            kept = sum(1 for _ in keep(Path(place), folder, most))
        print(f"{name}: {kept} pictures", flush=True)


def unpack(package: str, place: Path) -> None:
    """Download a Debian package and unpack its files, without installing it.

    Raises:
        CalledProcessError: there is no such package, or no way to it.
    """
    quiet = {"cwd": place, "check": True, "capture_output": True, "text": True}
    subprocess.run(["apt-get", "download", "-q", package], **quiet)  # type: ignore[call-overload]
    for archive in place.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", archive.name, "."], **quiet)  # type: ignore[call-overload]


def keep(place: Path, folder: Path, most: int) -> Iterator[Path]:
    """Shrink up to `most` of the pictures below `place` into `folder`, under names that their content gives them."""
    files = [
        file
        for file in list_files(place).photos
        if not file.is_symlink() and not set(PEOPLE) & set(file.relative_to(place).parts)
    ]
    for file in random.Random(0).sample(files, min(most, len(files))):
        data = file.read_bytes()
        try:
            picture = decode(data).image
        except PhotoError:
            continue  # larger than any photo, or not a picture after all
        picture.thumbnail((SIDE, SIDE))
        target = folder / f"{hashlib.sha256(data).hexdigest()[:12]}-{file.stem[:40]}.jpg"
        picture.save(target, "JPEG", quality=90)
        yield target


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given."])[-1]


if __name__ == "__main__":
    typer.run(main)
