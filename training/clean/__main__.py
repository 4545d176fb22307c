"""`python -m training.clean DIR`: shows the photos whose labels are probably wrong, and moves them as a person decides."""

import contextlib
import re
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from training.requirements import needs_training_packages

with needs_training_packages():
    import uvicorn

    from training.clean.moves import Moves
    from training.data.archives import is_archive
    from training.data.errors import DataError
    from training.data.layouts import CACHE
    from training.fit.settings import RecipeError

sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # file names need not be UTF-8
KINDS = {
    "label": "probably mislabeled",
    "unlike": "unlike their label's others",
    "copies": "copies under another label",
    "unreadable": "unreadable",
}


def main(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Photos as training takes them.", show_default=False)],
    label_from: Annotated[str | None, typer.Option(metavar="REGEX", help="Where labels are, as for training.")] = None,
    labels: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A table with the labels, as for training.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="File names to leave out. May be given several times.")
    ] = None,
    faces: Annotated[
        Literal["auto", "yes", "no"], typer.Option(help="Look at each face or at the whole photo.")
    ] = "auto",
    keep_copies: Annotated[
        bool, typer.Option("--keep-copies", help="Take photos that look alike for different photos.")
    ] = False,
    arch: Annotated[str | None, typer.Option(metavar="NAME", help="Backbone; by default, what training takes.")] = None,
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File of backbone weights, instead of downloading them.")
    ] = None,
    cache: Annotated[Path, typer.Option(metavar="DIR", help="Where small photos are cached between runs.")] = CACHE,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page on this machine; 0: a free one.")] = 0,
    undo: Annotated[bool, typer.Option("--undo", help="Put back all photos that were moved, and end.")] = False,
) -> None:
    """Find photos whose labels are probably wrong, and put them right on a page on this machine."""
    try:
        if is_archive(folder):
            raise DataError(f"{folder} is an archive, whose photos cannot be moved: unpack it, and name the folder.")
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder.")
        if undo:
            _undo(folder)
            return
        _check_pattern(label_from)
        with needs_training_packages():  # here: they load PyTorch, which help shall not wait for
            from training.clean.app import create_app
            from training.clean.looking import look
            from training.clean.session import Session
            from training.clean.suspects import find_suspects

        listening = _listen(port)
        look_for_faces = None if faces == "auto" else faces == "yes"
        tables = labels or []
        collection, features = look(
            folder, cache, weights, arch, look_for_faces, skip or [], label_from, tables, keep_copies
        )
        suspects = find_suspects(collection, features)
        session = Session(folder, suspects, collection.listed, label_from, bool(tables))
    except (DataError, RecipeError, OSError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit("Interrupted: nothing was moved.")
    counts = Counter[str](suspect.kind for suspect in suspects)
    print(f"Of {collection.found} photos: {', '.join(f'{counts[kind]} {what}' for kind, what in KINDS.items())}.")
    note = ""
    if suspects and not any(suspect.guess for suspect in suspects):
        note = "A label has too few different photos to tell which photos are mislabeled."
        print(note)
    print(f"Open http://127.0.0.1:{listening.getsockname()[1]} in a browser; Ctrl-C ends. Marks are kept.", flush=True)
    config = uvicorn.Config(create_app(session, note), log_config=None, access_log=False, ws="none", lifespan="off")
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def _undo(folder: Path) -> None:
    made, problems = Moves(folder).undo()
    print("\n".join([f"Put back {made} {'file' if made == 1 else 'files'}.", *problems]))


def _check_pattern(label_from: str | None) -> None:
    try:
        re.compile(label_from or "")
    except re.error as error:
        raise DataError(f"--label-from {label_from!r} is not a valid regular expression: {error}.") from None


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise OSError(f"--port {port} cannot be listened on: {error.strerror}; choose another.") from None
    return listening


if __name__ == "__main__":
    typer.run(main)
