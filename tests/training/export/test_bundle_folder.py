"""A bundle folder appears whole or not at all, and its words are the person's own where there are any."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from model.bundle import SHIPPED, Bundle
from tests.bundles import make_bundle
from training.export.bundle_folder import staged, write_answers


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_bundle_appears_under_its_name(tmp_path: Path) -> None:
    with staged(tmp_path / "deep" / "pets") as folder:
        make_bundle(folder)
        (folder / "pictures").mkdir()
        (folder / "pictures" / "matrix.png").write_bytes(b"picture")
        assert not (tmp_path / "deep" / "pets").exists()
    assert Bundle.open(tmp_path / "deep" / "pets").manifest.name == "red or blue"
    assert (tmp_path / "deep" / "pets" / "pictures" / "matrix.png").read_bytes() == b"picture"
    assert os.listdir(tmp_path / "deep") == ["pets"]


def test_a_bundle_goes_into_an_existing_folder_and_leaves_other_files_there(tmp_path: Path) -> None:
    out = make_bundle(tmp_path / "pets")
    (out / "code.py").write_text("pass")
    with staged(out) as folder:
        make_bundle(folder, labels=("cat", "dog"))
    assert Bundle.open(out).manifest.labels == ["cat", "dog"]
    assert (out / "code.py").read_text() == "pass"
    assert os.listdir(tmp_path) == ["pets"]


def test_a_model_file_that_the_new_bundle_does_not_have_is_removed(tmp_path: Path) -> None:
    out = make_bundle(tmp_path / "pets")
    (out / "model.pkl").write_bytes(b"of the old bundle")
    with staged(out) as folder:
        make_bundle(folder)
    assert not (out / "model.pkl").exists()
    Bundle.open(out)


def interrupted(out: Path, reason: type[BaseException]) -> None:
    with staged(out) as folder:
        make_bundle(folder, labels=("cat", "dog"))
        raise reason


def replaced(out: Path) -> None:
    with staged(out) as folder:
        make_bundle(folder, labels=("cat", "dog"), answers="")
        (folder / "README.md").write_text("new")


@pytest.mark.parametrize("reason", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_interrupts_it_leaves_everything_as_it_was(reason: type[BaseException], tmp_path: Path) -> None:
    out = make_bundle(tmp_path / "pets")
    before = files(tmp_path)
    for target in (out, tmp_path / "new"):
        with pytest.raises(reason):
            interrupted(target, reason)
    assert files(tmp_path) == before
    assert os.listdir(tmp_path) == ["pets"]


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_an_interruption_while_files_are_replaced_puts_the_old_ones_back(
    moved: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = make_bundle(tmp_path / "pets", answers='[with_mask.en]\nname = "old"\n')
    (out / "model.pkl").write_bytes(b"of the old bundle")
    before = files(out)
    honest, calls = os.replace, iter(range(100))

    def replace(source: Path, target: Path) -> None:
        if next(calls) == moved:
            raise KeyboardInterrupt
        honest(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        replaced(out)
    assert files(out) == before


def test_sigterm_clears_away_what_was_begun(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from training.export.bundle_folder import staged\n"
        "with staged(sys.argv[1]) as folder:\n"
        "    (folder / 'model.pkl').write_bytes(b'half')\n"
        "    print('begun', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "pets")], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    try:
        assert process.stdout and process.stdout.readline() == b"begun\n"
        assert len(os.listdir(tmp_path)) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    assert os.listdir(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "pets").write_text("a file")
    with pytest.raises(NotADirectoryError, match="is a file"), staged(tmp_path / "pets"):
        pytest.fail("nothing may be written")


def opened(folder: Path, labels: tuple[str, ...]) -> Bundle:
    return Bundle.open(make_bundle(folder, labels=labels))


def test_answers_that_a_person_wrote_are_kept(tmp_path: Path) -> None:
    mine = tmp_path / "answers.toml"
    mine.write_text('# mine\n[cat.en]\nname = "puss"\n')
    (tmp_path / "bundle").mkdir()
    assert write_answers(tmp_path / "bundle", ["cat"], keep=mine) == [f"Kept {mine}, which was there."]
    assert (tmp_path / "bundle" / "answers.toml").read_text() == mine.read_text()


def test_answers_for_other_labels_are_kept_completed_and_named(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", labels=("cat", "dog"))
    mine = tmp_path / "answers.toml"
    mine.write_text('[cow.en]\nname = "moo"\n\n[cat.en]\nname = "puss"\n')
    said = " ".join(write_answers(bundle, ["cat", "dog"], keep=mine, words={"cat": "tomcat", "dog": "hound"}))
    assert "Added to it: dog." in said and "does not have: cow." in said and "--words changes nothing for cat" in said
    opened = Bundle.open(bundle)
    assert [opened.words(label, "en").name for label in ("cow", "cat", "dog")] == ["moo", "puss", "hound"]


def test_no_bundle_is_written_into_a_python_package(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    with pytest.raises(FileExistsError, match="is a Python package; name another folder"), staged(tmp_path):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["__init__.py"]


def test_labels_of_the_shipped_bundle_get_its_words(tmp_path: Path) -> None:
    bundle = opened(tmp_path, ("with_mask", "without_mask"))
    write_answers(tmp_path, bundle.manifest.labels, keep=tmp_path / "none")
    shipped, written = Bundle(SHIPPED, bundle.manifest, *_words(SHIPPED, tmp_path)), Bundle.open(tmp_path)
    for label in bundle.manifest.labels:
        for language in ("en", "fr"):
            assert written.words(label, language) == shipped.words(label, language)
            assert written.words(label, language).answer
    assert written.colors == {label: shipped.colors[label] for label in bundle.manifest.labels}


def _words(folder: Path, scratch: Path) -> tuple[dict, dict]:  # type: ignore[type-arg]
    """Answers and colors of the shipped file, read by a bundle of its own."""
    copy = make_bundle(scratch / "shipped", answers=(folder / "answers.toml").read_text("utf-8"))
    bundle = Bundle.open(copy)
    return bundle.answers, bundle.colors


@pytest.mark.parametrize(
    "label", ["red_panda", "café ☕", 'so-called "cat"', "a.b", "back\\slash", "3", "two\nlines", "del\x7fete"]
)
def test_any_other_label_gets_an_entry_to_edit(label: str, tmp_path: Path) -> None:
    opened(tmp_path, (label, "dog"))
    write_answers(tmp_path, [label, "dog"], keep=tmp_path / "none")
    bundle = Bundle.open(tmp_path)
    assert set(bundle.answers) == {label, "dog"}
    assert set(bundle.answers[label]) == {"en", "fr"}
    assert bundle.words(label, "fr").name == label.replace("_", " ")
    text = (tmp_path / "answers.toml").read_text("utf-8")
    assert "# answer = " in text
    (tmp_path / "answers.toml").write_text(text.replace("# answer", "answer"), "utf-8")
    assert Bundle.open(tmp_path).words(label, "en").answer is not None
