"""What is moved once marks are applied, wherever labels come from, and how all of it is taken back."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from training.clean.moves import Moves
from training.clean.session import TABLE, Session
from training.clean.suspects import Suspect
from training.data.layouts import find_photos

ROOT = Path(__file__).parents[3]


def save(folder: Path, *names: str) -> None:
    """Photos of these names, each of its own color."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number * 20, 90, 200)).save(folder / name, "PNG")


def opened(folder: Path, label_from: str | None = None, tables: tuple[Path, ...] = ()) -> Session:
    """All photos of a folder as suspects."""
    found = find_photos([folder], label_from, tables)
    return Session(
        folder, [Suspect(file, label, "label") for file, label in found.photos], found, label_from, bool(tables)
    )


def mark(session: Session, **labels: str | None) -> None:
    """Marks photos by the stems of their names."""
    for stem, label in labels.items():
        places = [place for place, suspect in enumerate(session.suspects) if suspect.file.stem == stem]
        session.mark(places[0], label)


def content(folder: Path) -> dict[str, bytes]:
    kept = {"marks.json", "moves.jsonl"}
    files = [file for file in folder.rglob("*") if file.is_file() and file.name not in kept]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_a_photo_stays_in_its_part_and_takes_a_name_that_is_free(tmp_path: Path) -> None:
    save(
        tmp_path,
        "train/Cat/a.png",
        "train/dog/b.png",
        "test/cat/c.png",
        "test/dog/d.png",
        "train/dog/a.png",
        "left_out/train/dog/b.png",
    )
    before, session = content(tmp_path), opened(tmp_path)
    mark(session, c="dog", b=None)
    session.mark(next(p for p, s in enumerate(session.suspects) if s.file == tmp_path / "train/Cat/a.png"), "dog")
    assert session.apply() == ["Changed the label of 2 and left out 1."]
    assert content(tmp_path).keys() == {
        *("train/dog/a.png", "train/dog/a-2.png", "test/dog/c.png", "test/dog/d.png"),
        *("left_out/train/dog/b.png", "left_out/train/dog/b-2.png"),
    }
    assert Moves(tmp_path).undo() == (3, [])
    assert content(tmp_path) == before


def test_labels_in_names_are_put_right_by_renaming(tmp_path: Path) -> None:
    save(tmp_path, "train/cat.0.png", "train/dog.0.png", "test/cat.1.png", "test/dog.1.png")
    session = opened(tmp_path, label_from=r"^([a-z]+)\.")
    session.mark(0, "dog")
    session.apply()
    assert "test/dog.1-2.png" in content(tmp_path)
    assert sorted(label for _, label in find_photos([tmp_path], r"^([a-z]+)\.").photos) == ["cat", "dog", "dog", "dog"]


def test_a_name_that_cannot_say_the_new_label_is_left_as_it_is(tmp_path: Path) -> None:
    save(tmp_path, "a1.png", "a2.png", "b1.png")
    session = opened(tmp_path, label_from="^(a(?=[12])|b(?=1))")
    mark(session, a2="b")
    assert session.apply() == [
        "Changed the label of 0 and left out 0.",
        "a2.png cannot be renamed so that --label-from finds 'b' in its path.",
    ]
    assert (tmp_path / "a2.png").is_file() and session.marks


def test_labels_of_a_table_are_put_right_in_a_new_one(tmp_path: Path) -> None:
    save(tmp_path, "x/1.png", "x/2.png", "x/3.png", "x/4.png")
    table = tmp_path / "labels.csv"
    table.write_text("image;cat;dog\n1.png;1;0\n2.png;0;1\n3.png;0;1\n4.png;0;1\n", "utf-8")
    before, session = content(tmp_path), opened(tmp_path, tables=(table,))
    mark(session, **{"2": "cat", "3": None})
    said = session.apply()
    assert said[1] == f"The labels are now in {TABLE}: train with --labels {tmp_path / TABLE}."
    found = find_photos([tmp_path], tables=[tmp_path / TABLE]).photos
    assert [(file.name, label) for file, label in found] == [("1.png", "cat"), ("2.png", "cat"), ("4.png", "dog")]
    assert table.read_bytes() == before["labels.csv"]
    assert Moves(tmp_path).undo() == (2, [])
    assert content(tmp_path).items() >= before.items() and not (tmp_path / TABLE).exists()


def test_marks_are_there_again_after_a_start(tmp_path: Path) -> None:
    save(tmp_path, "cat/a.png", "dog/b.png")
    session = opened(tmp_path)
    mark(session, a="dog", b=None)
    assert opened(tmp_path).marks == {0: "dog", 1: None}
    session.unmark(0)
    assert opened(tmp_path).marks == {1: None}


@pytest.mark.parametrize("killed", ["Path.rename", "os.fsync"])
def test_a_kill_leaves_nothing_half_done(tmp_path: Path, killed: str) -> None:
    """Killed just before its second photo is moved, or while that is being written down."""
    photos = tmp_path / "photos"
    save(photos, "cat/a.png", "cat/b.png", "cat/c.png", "dog/d.png")
    before, session = content(photos), opened(photos)
    mark(session, a="dog", b="dog", c="dog")
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom tests.training.clean.test_session import opened\n"
        f"session, act, calls = opened(Path({str(photos)!r})), {killed}, []\n"
        "def die(*arguments):\n    calls.append(1)\n"
        "    if len(calls) == 2: os.kill(os.getpid(), signal.SIGKILL)\n    return act(*arguments)\n"
        f"{killed} = die\nsession.apply()"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert sum(name.startswith("dog/") for name in content(photos)) == 2
    again = opened(photos)
    again.apply()  # what was marked and not moved is still marked
    assert not [name for name in content(photos) if name.startswith("cat/")]
    assert Moves(photos).undo() == (3, [])
    assert content(photos) == before


def test_a_line_cut_short_is_no_move(tmp_path: Path) -> None:
    save(tmp_path, "cat/a.png", "cat/b.png", "dog/c.png")
    before, session = content(tmp_path), opened(tmp_path)
    mark(session, a="dog")
    session.apply()
    with Moves(tmp_path).log.open("ab") as log:
        log.write(b'{"from": "cat/b.p')
    mark(session, b="dog")
    session.apply()
    assert Moves(tmp_path).undo() == (2, [])
    assert content(tmp_path) == before


def test_what_came_in_between_is_never_overwritten(tmp_path: Path) -> None:
    save(tmp_path, "cat/a.png", "cat/b.png", "dog/c.png")
    session = opened(tmp_path)
    mark(session, a="dog", b="dog")
    session.apply()
    (tmp_path / "cat" / "a.png").write_bytes(b"new")
    (tmp_path / "dog" / "b.png").unlink()
    made, problems = Moves(tmp_path).undo()
    assert made == 0
    assert [problem.partition(", ")[0].rpartition("/")[2] for problem in problems] == [
        "b.png is not there any more",
        "a.png stays where it is",
    ]
    assert (tmp_path / "cat" / "a.png").read_bytes() == b"new" and (tmp_path / "dog" / "a.png").is_file()


def test_links_and_other_disks_are_moved_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, "elsewhere/a.png", "photos/cat/b.png", "photos/dog/c.png")
    (tmp_path / "photos/cat/a.png").symlink_to("../../elsewhere/a.png")
    session = opened(tmp_path / "photos")
    mark(session, a=None, b="dog")

    def other_disk(file: Path, place: Path) -> Path:
        if file.suffix != ".part":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        os.replace(file, place)
        return place

    monkeypatch.setattr(Path, "rename", other_disk)
    before = content(tmp_path)
    session.apply()
    after = content(tmp_path / "photos")
    assert after.keys() == {"dog/b.png", "dog/c.png", "left_out/cat/a.png"}
    assert Moves(tmp_path / "photos").undo() == (2, [])
    assert content(tmp_path) == before
    assert os.readlink(tmp_path / "photos/cat/a.png") == "../../elsewhere/a.png"
