"""Whatever a person points at is understood, or asked about in one sentence; nothing is trained as something else."""

import csv
import io
import json
import os
import tarfile
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from fasttransform import Pipeline
from PIL import Image

from tests.training.shapes import shape_photo
from training.data.archives import unpacked
from training.data.dataset import collect
from training.data.files import list_files
from training.data.folders import part_named
from training.data.layouts import DataError, Found, find_photos
from training.data.split import three_parts
from training.export.bundle import bundle_name
from training.fit.learner import labeled_by_folder
from training.messages import say_what_was_read


def lay(root: Path, *names: str) -> Path:
    """Small different photos at these paths below a folder."""
    for number, name in enumerate(names):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(file, "PNG")
    return root


def labels(found: Found) -> Counter[str]:
    return Counter(label for _, label in found.photos)


def refused(root: Path) -> str:
    with pytest.raises(DataError) as error:
        find_photos([root])
    return str(error.value).replace(str(root), "DIR")


# Folders


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ["train/cat.0.jpg", "train/cat.1.jpg", "train/dog.0.jpg", "train/dog.1.jpg", "test1/1.jpg"],
            "The folders say no labels, but file names begin with cat (2), dog (2): if these are the labels, add "
            "--label-from '([^/\\d]+?)[ ._(-]*\\d[^/]*$'",
        ),
        (
            ["cat_1.jpg", "cat_2.jpg", "dog_1.jpg", "dog_2.jpg"],
            "The folders say no labels, but file names begin with cat (2), dog (2): if these are the labels, add "
            "--label-from '([^/\\d]+?)[ ._(-]*\\d[^/]*$'",
        ),
        (
            ["cats/indoor/1.jpg", "cats/outdoor/1.jpg", "dogs/indoor/1.jpg", "dogs/outdoor/1.jpg"],
            "Below cats, dogs stand the folders indoor, outdoor, so either could be the labels. If the label is cats, dogs, "
            "add --label-from '^([^/]+)/'; if it is indoor, outdoor, add --label-from '([^/]+)/[^/]+$'.",
        ),
        (
            ["cat/day1/1.jpg", "dog/day1/1.jpg", "dog/day2/1.jpg"],
            "Below cat, dog stand the folders day1, day2, so either could be the labels. If the label is cat, dog, "
            "add --label-from '^([^/]+)/'; if it is day1, day2, add --label-from '([^/]+)/[^/]+$'.",
        ),
        (
            ["cat/1.jpg", "dog/1.jpg", "dog/more/2.jpg"],
            "Photos stand at different depths, such as cat/1.jpg and dog/more/2.jpg. If the label is the first folder, "
            "add --label-from '^([^/]+)/'; if it is the folder of each photo, add --label-from '([^/]+)/[^/]+$'.",
        ),
        (
            ["cat/1.jpg", "dog/1.jpg", "test/1.jpg"],
            "Are test labels? DIR holds the folders cat, dog, test. If they are, add --label-from '([^/]+)/[^/]+$'; to "
            "leave a folder out, add --skip 'test/*'.",
        ),
        (
            ["images/1.jpg", "masks/1.jpg"],
            "Are images labels? DIR holds the folders images, masks. If they are, add --label-from '([^/]+)/[^/]+$'; to "
            "leave a folder out, add --skip 'images/*'.",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_could_mean_two_things_is_asked_about(names: list[str], sentence: str, tmp_path: Path) -> None:
    assert refused(lay(tmp_path / "photos", *names)).startswith(sentence)


@pytest.mark.parametrize(
    ("names", "pattern", "expected"),
    [
        (["train/cat.0.jpg", "train/dog.0.jpg", "test1/1.jpg"], r"([^/\d]+?)[ ._(-]*\d[^/]*$", {"cat": 1, "dog": 1}),
        (["cats/in/1.jpg", "dogs/in/1.jpg", "dogs/out/1.jpg"], "^([^/]+)/", {"cats": 1, "dogs": 2}),
        (["cats/in/1.jpg", "dogs/in/1.jpg", "dogs/out/1.jpg"], "([^/]+)/[^/]+$", {"in": 2, "out": 1}),
        (["great_pyrenees_3.jpg", "Abyssinian_12.jpg"], r"^(.+)_\d", {"great_pyrenees": 1, "Abyssinian": 1}),
    ],
)
def test_an_option_settles_it(names: list[str], pattern: str, expected: dict[str, int], tmp_path: Path) -> None:
    found = find_photos([lay(tmp_path / "photos", *names)], label_from=pattern)
    assert labels(found) == expected
    assert sum(found.left_out.values()) == len(names) - sum(expected.values())


def test_a_folder_that_is_no_label_can_be_left_out(tmp_path: Path) -> None:
    found = find_photos([lay(tmp_path / "photos", "cat/1.jpg", "dog/1.jpg", "test/1.jpg")], skip=["test/*"])
    assert labels(found) == {"cat": 1, "dog": 1} and found.unwanted == 1


def test_loose_photos_are_no_label(tmp_path: Path) -> None:
    root = lay(tmp_path / "photos", "cat/1.jpg", "dog/1.jpg", "loose.jpg")
    found = find_photos([root])
    assert labels(found) == {"cat": 1, "dog": 1}
    assert found.words() == [f"Left out photos that lie in {root} itself, not in a label's folder: 1."]


def test_each_label_may_be_a_folder_of_its_own(tmp_path: Path) -> None:
    lay(tmp_path, "cat/1.jpg", "dog/1.jpg", "dog/2.jpg")
    assert labels(find_photos([tmp_path / "cat", tmp_path / "dog"])) == {"cat": 1, "dog": 2}


def test_a_folder_of_loose_photos_beside_labels_is_asked_about(tmp_path: Path) -> None:
    root = lay(
        tmp_path, "photos/cat/1.jpg", "photos/dog/1.jpg", "more/1.jpg", "other/Cat/1.jpg", "no_face/1.jpg", "none/1.jpg"
    )
    with pytest.raises(DataError) as error:
        find_photos([root / "photos", root / "more"])
    assert str(error.value).replace(str(root), "DIR") == (
        "Is more a label? DIR/more holds photos and no folders, while DIR/photos holds one folder per label. If it is, move "
        "DIR/more into DIR/photos; if it is not, leave out --data DIR/more."
    )
    found = find_photos([root / name for name in ("photos", "other/Cat", "no_face", "none")])
    assert labels(found) == {"cat": 2, "dog": 1, "no_face": 1, "none": 1}


def test_folders_around_the_labels_do_not_matter(tmp_path: Path) -> None:
    root = lay(tmp_path, "archive/photos/cat/1.jpg", "archive/photos/dog/1.jpg")
    assert labels(find_photos([root])) == {"cat": 1, "dog": 1}


# A split of one's own


@pytest.mark.parametrize(
    "names", [("train", "valid", "test"), ("Training_Set", "val", "test_set"), ("train", "dev", "test1")]
)
def test_a_split_of_ones_own_is_used(names: tuple[str, str, str], tmp_path: Path) -> None:
    root = lay(tmp_path / "photos", *(f"{part}/{label}/{part}.jpg" for part in names for label in ("cat", "dog")))
    found = find_photos([root])
    assert labels(found) == {"cat": 3, "dog": 3}
    expected = dict(zip(names, ("train", "valid", "test"), strict=True))
    assert found.parts == {file: expected[file.parent.parent.name] for file, _ in found.photos}


def test_parts_may_be_wrapped_in_folders_of_their_own_name(tmp_path: Path) -> None:
    names = [f"{part}/{part}/{label}/1.jpg" for part in ("training_set", "test_set") for label in ("cat", "dog")]
    found = find_photos([lay(tmp_path / "photos", *names)])
    assert Counter(found.parts.values()) == {"train": 2, "test": 2}


def test_test_photos_without_labels_are_left_out_and_counted(tmp_path: Path) -> None:
    names = ["train/cat/1.jpg", "train/dog/1.jpg", "valid/cat/2.jpg", "valid/dog/2.jpg", "test/1.jpg", "test/2.jpg"]
    found = find_photos([lay(tmp_path / "photos", *names)])
    assert Counter(found.parts.values()) == {"train": 2, "valid": 2}
    assert found.words() == ["Left out photos in test, which stand in no label's folder: 2."]


def test_labels_that_are_not_trained_on_are_left_out_and_named(tmp_path: Path) -> None:
    found = find_photos(
        [lay(tmp_path / "photos", "train/cat/1.jpg", "train/dog/1.jpg", "test/unknown/1.jpg", "test/cat/2.jpg")]
    )
    assert found.words() == ["Left out photos in test/unknown, a label that is not trained on: 1."]


@pytest.mark.parametrize("name", ["trainer", "value", "valley", "tested", "latest", "contest"])
def test_labels_that_only_begin_like_a_part_are_labels(name: str) -> None:
    assert part_named(name) is None


# Tables and names


def write_table(file: Path, rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    file.write_bytes(text.getvalue().encode(encoding))
    return file


def test_a_table_beside_the_photos_is_pointed_out(tmp_path: Path) -> None:
    root = lay(tmp_path / "photos", "images/1.jpg", "images/2.jpg")
    table = write_table(root / "labels.csv", [["filename", "label"], ["1.jpg", "cat"], ["2.jpg", "dog"]])
    assert refused(root).startswith(
        "The folders say no labels, but I see labels.csv with the columns filename, label: add --labels DIR/labels.csv"
    )
    assert labels(find_photos([root], tables=[table])) == {"cat": 1, "dog": 1}


@pytest.mark.parametrize(
    ("rows", "delimiter", "encoding"),
    [
        ([["filename", "label"], ["1.jpg", "café"], ["2.jpg", "dog"]], ";", "cp1252"),
        ([["id", "breed"], ["1", "café"], ["2", "dog"]], ",", "utf-8-sig"),
        (
            [["image_path", "width", "class"], ["images\\1.jpg", "8", "café"], ["images/2.jpg", "8", "dog"]],
            "\t",
            "utf-16",
        ),
        ([["photo", "what"], ["1.jpg", "café"], ["2.jpg", "dog"]], ",", "utf-8"),
        ([["filename", "café", "dog"], ["1.jpg", "1", "0"], ["2.jpg", "0", "1"]], ",", "utf-8"),
    ],
    ids=["Excel", "without endings", "paths", "two columns", "one-hot"],
)
def test_tables_as_people_have_them(rows: list[list[str]], delimiter: str, encoding: str, tmp_path: Path) -> None:
    root = lay(tmp_path / "photos", "images/1.jpg", "images/2.jpg")
    table = write_table(root / "labels.csv", rows, delimiter, encoding)
    assert labels(find_photos([root], tables=[table])) == {"café": 1, "dog": 1}


def test_a_tables_own_split_is_used_and_what_does_not_fit_is_counted(tmp_path: Path) -> None:
    root = lay(tmp_path / "photos", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "no row.jpg", "two.jpg")
    rows = [["file", "label", "split"]]
    rows += [
        [f"{number}.jpg", "cat" if number % 2 else "dog", "train" if number < 3 else "test"] for number in (1, 2, 3, 4)
    ]
    rows += [["gone.jpg", "cat", "train"], ["two.jpg", "cat", "train"], ["two.jpg", "dog", "train"]]
    found = find_photos([root], tables=[write_table(root / "all.csv", rows)])
    assert Counter(found.parts.values()) == {"train": 2, "test": 2}
    assert found.left_out == {
        "rows of all.csv without their photo": 1,
        "photos with several labels, of which a bot can answer one": 1,
        "photos without a row": 1,
        ".csv files": 1,
    }


def test_an_image_folder_of_hugging_face_is_read_with_its_split(tmp_path: Path) -> None:
    root = lay(tmp_path / "photos", *(f"{part}/{number}.png" for part in ("train", "test") for number in range(2)))
    rows = [{"file_name": "0.png", "label": "cat"}, {"file_name": "1.png", "label": "dog"}]
    for part in ("train", "test"):
        (root / part / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert "add --labels DIR/test/metadata.jsonl --labels DIR/train/metadata.jsonl" in refused(root)
    found = find_photos([root], tables=sorted(root.rglob("*.jsonl")))
    assert labels(found) == {"cat": 2, "dog": 2} and Counter(found.parts.values()) == {"train": 2, "test": 2}


def test_a_table_whose_columns_are_unclear_is_asked_about(tmp_path: Path) -> None:
    root = lay(tmp_path / "photos", "1.jpg", "2.jpg")
    table = write_table(root / "all.csv", [["filename", "width", "height"], ["1.jpg", "8", "8"]])
    with pytest.raises(
        DataError, match="columns filename, width, height, and it is not clear which of them is the label"
    ):
        find_photos([root], tables=[table])


# Archives


def test_a_zip_or_tar_of_photos_is_opened(tmp_path: Path) -> None:
    root = lay(tmp_path / "made", "photos/cat/1.jpg", "photos/dog/1.jpg", "__MACOSX/photos/cat/._1.jpg")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive, tarfile.open(tmp_path / "photos.tgz", "w:gz") as tar:
        for file in sorted(root.rglob("*.jpg")):
            archive.write(file, file.relative_to(root))
            tar.add(file, file.relative_to(root))
    for name in ("photos.zip", "photos.tgz"):
        found = find_photos([tmp_path / name], cache=tmp_path / "cache")
        assert labels(found) == {"cat": 1, "dog": 1} and all("cache" in file.parts for file, _ in found.photos)
        assert find_photos([tmp_path / name], cache=tmp_path / "cache").photos == found.photos


@pytest.mark.parametrize("name", ["../cat.jpg", "/tmp/cat.jpg", "cat/../../x.jpg", "C:/cat.jpg", "..\\cat.jpg"])
def test_an_archive_with_a_path_out_of_it_is_not_opened(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(DataError, match="holds a path that leads out of it"):
        find_photos([tmp_path / "evil.zip"], cache=tmp_path / "cache")
    assert not (tmp_path / "cat.jpg").exists() and not list((tmp_path / "cache").rglob("*.jpg"))


def test_an_archive_that_unpacks_to_too_much_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/1.jpg", b"\0" * 10**6)
    with pytest.raises(DataError, match="unpacks to more than"):
        unpacked(tmp_path / "bomb.zip", tmp_path / "cache", most_bytes=10**5)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    root = lay(tmp_path / "made", "cat/1.jpg", "dog/1.jpg")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for file in root.rglob("*.jpg"):
            archive.write(file, file.relative_to(root))
    data = bytearray((tmp_path / "photos.zip").read_bytes())
    data[40:60] = bytes(20)
    (tmp_path / "photos.zip").write_bytes(data)
    with pytest.raises(DataError, match=r"photos\.zip is damaged"):
        find_photos([tmp_path / "photos.zip"], cache=tmp_path / "cache")


# Files


def test_photos_are_told_by_their_content(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    for label in ("circle", "square"):
        (root / label).mkdir(parents=True)
        for name in ("a.jfif", "b.jpg_large", "without_ending", "c.WEBP", "d.heic", "e.avif", "f.jpg"):
            kind = {"c.WEBP": "WEBP", "d.heic": "HEIF", "e.avif": "AVIF"}.get(name, "JPEG")
            shape_photo(label, ord(name[0])).save(root / label / name, kind)
    pillow_heif.from_pillow(shape_photo("circle", 1)).save(root / "circle" / "heic called.jpg")
    (root / "circle" / "clip.mov").write_bytes(b"\0\0\0\x14ftypqt  ")
    (root / "circle" / "notes.txt").write_text("cats")
    collection = collect([root], 32, tmp_path / "cache", faces=False)
    assert not collection.skipped and Counter(sample.label for sample in collection.samples) == {
        "circle": 8,
        "square": 7,
    }
    assert collection.notes == ("Left out videos: 1.", "Left out .txt files: 1.")


def test_helper_files_are_left_out_and_counted_by_kind(tmp_path: Path) -> None:
    root = lay(
        tmp_path / "photos", "cat/1.jpg", "dog/1.jpg", "cat/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/cat/2.jpg"
    )
    lay(root, "cat/._1.jpg", ".ipynb_checkpoints/1.jpg", "cat/Thumbs.db", "dog/.DS_Store", "left_out/cat/3.jpg")
    found = find_photos([root])
    assert labels(found) == {"cat": 1, "dog": 1}
    assert found.left_out == {
        "helper files of the system": 5,
        "files in hidden folders": 1,
        "files in left_out": 1,
    }


def test_a_folder_that_leads_back_to_itself_is_read_once(tmp_path: Path) -> None:
    root = lay(tmp_path / "photos", "cat/1.jpg", "dog/1.jpg")
    (root / "dog" / "back").symlink_to(root)
    assert len(list_files(root).photos) == 2


def test_what_was_left_out_is_said_on_the_way_to_an_error(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    (root / "cat").mkdir(parents=True)
    (root / "cat" / "clip.mp4").write_bytes(b"\0\0\0\x14ftypisom")
    assert refused(root).endswith("DIR/dog/1.jpg. Left out videos: 1.")
    lay(root, "cat/1.jpg")
    (root / "dog").mkdir()
    (root / "dog" / "empty.jpg").touch()
    with pytest.raises(DataError, match=r"Left out: 1 because the file is empty\. Left out videos: 1\."):
        collect([root], 32, tmp_path / "cache", faces=False)


# Names


def test_names_that_people_read_as_the_same_are_one_label(tmp_path: Path) -> None:
    accent = unicodedata.normalize("NFD", "café")
    root = lay(
        tmp_path / "photos", "bees/1.jpg", "bees/2.jpg", "Bees/3.jpg", "café/1.jpg", f"{accent}/2.jpg", "café /3.jpg"
    )
    latin = Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9"))
    lay(latin, "4.jpg")
    found = find_photos([root])
    assert labels(found) == {"bees": 3, "café": 4}
    assert found.words() == ["'bees' (2) and 'Bees' (1) are taken for one label."]


def test_single_letters_of_another_case_are_other_labels(tmp_path: Path) -> None:
    assert labels(find_photos([lay(tmp_path / "photos", "a/1.jpg", "A/1.jpg")])) == {"a": 1, "A": 1}


# Labels whose names are anything


def test_a_label_that_no_folder_can_be_called_is_trained_on(tmp_path: Path) -> None:
    names = ["cat/dog", "$0_to_$10", "é" * 150, "<b>&"]
    root = lay(tmp_path / "photos", *(f"{number}.jpg" for number in range(4)))
    table = write_table(root / "all.csv", [["file", "label"], *([f"{n}.jpg", name] for n, name in enumerate(names))])
    samples = collect([root], 32, tmp_path / "cache", faces=False, tables=[table], keep_copies=True).samples
    assert {sample.label for sample in samples} == set(names)
    assert all(Path(sample.picture).parent.parent.parent == tmp_path / "cache" for sample in samples)
    label_of = Pipeline(*labeled_by_folder(names))
    assert [label_of(Path(sample.picture)) for sample in samples] == [sample.label for sample in samples]


# Copies


def fixed_camera(root: Path, each: int = 15) -> Path:
    """One scene by day and night, with something small in it on every other photo."""
    scene = np.random.default_rng(0).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    for number in range(2 * each):
        photo = Image.fromarray(scene).resize((240, 240), Image.Resampling.BICUBIC)
        if label := ("with" if number % 2 else ""):
            photo.paste((255, 0, 0), (40 + 5 * number, 60 + 3 * number, 60 + 5 * number, 80 + 3 * number))
        noise = np.random.default_rng(number).normal(0, 12, (240, 240, 3))
        file = root / (label or "without") / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((np.asarray(photo) * 0.9 + noise).clip(0, 255).astype(np.uint8)).save(file)
    return root


def test_photos_of_a_fixed_camera_are_different_photos(tmp_path: Path) -> None:
    collection = collect([fixed_camera(tmp_path / "photos")], 64, tmp_path / "cache", faces=False)
    assert "30 of 30 photos, of 2 labels, show the same scene" in collection.notes[-1]
    assert max(Counter(sample.group for sample in collection.samples).values()) <= 6
    parts = three_parts(collection.samples, 0.2, 0.2, seed=1)
    assert {collection.samples[place].label for place in parts.test} == {"with", "without"}


def test_copies_are_kept_apart_only_when_asked(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    for label in ("circle", "square"):
        (root / label).mkdir(parents=True)
        shape_photo(label, 1).save(root / label / "1.png")
        shape_photo(label, 1).save(root / label / "2.jpg")
    groups = [
        len({sample.group for sample in collect([root], 64, tmp_path / "cache", False, keep_copies=keep).samples})
        for keep in (False, True)
    ]
    assert groups == [2, 4]


# What is said of few photos and many labels


def test_few_photos_are_warned_of_and_many_labels_are_not_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = lay(tmp_path / "photos", *(f"label {number:03}/{number}.jpg" for number in range(120)))
    say_what_was_read(collect([root], 32, tmp_path / "cache", False, keep_copies=True), asked="no")
    said = capsys.readouterr().out
    assert "120 photos: 120 labels, from 1 (" in said
    assert (
        "Warning: fewer than 20 photos of label 000, label 001, label 002, label 003, label 004 and 115 more." in said
    )
    assert max(map(len, said.splitlines())) < 220
    labels = [f"label {number:03}" for number in range(120)]
    assert bundle_name(labels) == "120 labels from label 000 to label 119"
    assert bundle_name(["x" * 200, "y" * 200]) == "2 labels"


def test_what_cannot_be_read_is_said_in_one_line_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = lay(tmp_path / "photos", "cat/1.jpg", "dog/2.jpg")
    for number in range(9):
        (root / "cat" / f"empty{number}.jpg").touch()
    say_what_was_read(collect([root], 32, tmp_path / "cache", False, keep_copies=True), asked="no")
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Left out")]
    assert line.endswith("empty2.jpg and 6 more: the file is empty")
