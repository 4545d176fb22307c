"""Every readable photo is read once, and no copy of a held-out photo is trained on."""

import io
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageFilter

from tests.training.shapes import LABELS, save_portraits, save_shapes, shape_photo
from training.data import crops as cutouts
from training.data.crops import Sample
from training.data.dataset import Collection, collect
from training.data.layouts import DataError, find_photos, name_group
from training.data.split import split


def read(folder: Path, cache: Path | None = None, faces: bool | None = False, **options: object) -> Collection:
    return collect([folder], 64, cache or folder.parent / "cache", faces, **options)  # type: ignore[arg-type]


def names(collection: Collection) -> list[str]:
    return sorted(f"{sample.label}/{Path(sample.source).name}" for sample in collection.samples)


def samples(groups: dict[str, list[int]]) -> list[Sample]:
    """Samples of these labels, in groups of these sizes."""
    made, number = [], 0
    for label, sizes in groups.items():
        for size in sizes:
            made += [Sample(f"{label}{number}_{n}.jpg", label, "", True, (), number) for n in range(size)]
            number += 1
    return made


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    save_shapes(tmp_path / "shapes", each=2)
    return tmp_path / "shapes"


# Reading


def test_each_photo_is_read_with_its_folders_name(shapes: Path) -> None:
    collection = read(shapes)
    assert Counter(sample.label for sample in collection.samples) == {"circle": 2, "square": 2}
    assert collection.labels == list(LABELS) and not collection.skipped
    for sample in collection.samples:
        assert Path(sample.picture).parent.name == sample.label
        assert Image.open(sample.picture).size == (64, 64)


def test_files_that_cannot_be_read_are_left_out_and_named_with_the_reason(shapes: Path) -> None:
    (shapes / "circle" / "empty.jpg").write_bytes(b"")
    (shapes / "circle" / "text.png").write_text("no photo")
    (shapes / "circle" / "cut.jpg").write_bytes((shapes / "circle" / "00.jpg").read_bytes()[:900])
    (shapes / "circle" / "gone.jpg").symlink_to(shapes / "nowhere.jpg")
    skipped = {Path(file).name: reason for file, reason in read(shapes).skipped.items()}
    assert skipped == {
        "empty.jpg": "the file is empty",
        "text.png": "the file is not a photo",
        "cut.jpg": "the photo is damaged or incomplete",
        "gone.jpg": "cannot be read: No such file or directory",
    }


def test_a_file_that_stands_there_many_times_is_learned_from_once(shapes: Path) -> None:
    for number in range(12):  # so that several threads have it at once
        shutil.copy(shapes / "circle" / "00.jpg", shapes / "circle" / f"again{number}.jpg")
    collection = read(shapes)
    assert len(collection.samples) == 4
    assert Counter(collection.skipped.values()) == {"the same file stands there twice": 12}
    assert not list(shapes.parent.glob("cache/**/*.part"))


def test_a_file_under_two_labels_is_left_out_of_both(shapes: Path) -> None:
    shutil.copy(shapes / "circle" / "00.jpg", shapes / "square" / "wrong.jpg")
    collection = read(shapes)
    assert not {"circle/00.jpg", "square/wrong.jpg"} & set(names(collection))
    assert list(collection.skipped.values()) == ["the same file stands under two labels"] * 2


def test_files_on_the_list_to_skip_are_left_out_and_counted(shapes: Path) -> None:
    collection = read(shapes, skip=["circle/00.*", "*/square/00*"])
    assert names(collection) == ["circle/01.jpg", "square/01.jpg"]
    assert collection.unwanted == 2
    assert collection.summary()["left_out"] == {"their names are on the list to skip": 2}


def test_the_summary_counts_and_its_hash_tells_other_photos(shapes: Path) -> None:
    whole, fewer = read(shapes).summary(), read(shapes, skip=["00.jpg"]).summary()
    assert whole["photos"] == {"circle": 2, "square": 2} and whole["groups"] == 4
    assert whole["sha256_of_list"] == read(shapes).summary()["sha256_of_list"] != fewer["sha256_of_list"]


def test_faces_are_looked_for_where_photos_show_them(tmp_path: Path, shapes: Path) -> None:
    save_portraits(tmp_path / "portraits", each=2)
    portraits = read(tmp_path / "portraits", faces=None)
    assert portraits.faces.find and all(sample.face for sample in portraits.samples)
    assert Image.open(portraits.samples[0].picture).width == round(64 * cutouts.WIDER)
    assert not read(shapes, faces=None).faces.find


def test_in_whole_photographs_each_known_face_is_cut_and_what_is_none_is_learned_as_such(tmp_path: Path) -> None:
    save_portraits(tmp_path / "portraits", each=1)
    photograph = Image.new("RGB", (700, 300), "grey")
    photograph.paste(Image.fromarray(skimage.data.astronaut()).resize((300, 300)))
    photograph.paste(Image.fromarray(skimage.data.chelsea()).resize((300, 200)), (400, 0))
    photograph.save(tmp_path / "whole.png")
    known = {tmp_path / "whole.png": [((105, 38, 159, 115), "plain")]}
    collection = read(tmp_path / "portraits", faces=True, photographs=known)
    cuts = [sample for sample in collection.samples if sample.source == str(tmp_path / "whole.png")]
    assert Counter(sample.label for sample in cuts)["plain"] == 1
    assert {sample.label for sample in cuts} <= {"plain", "no_face"} and len({sample.group for sample in cuts}) == 1
    assert collection.faces.min_score < read(tmp_path / "portraits", faces=True).faces.min_score


def test_photos_that_show_nobody_teach_what_is_no_face(tmp_path: Path) -> None:
    save_portraits(tmp_path / "photos", each=1)
    (tmp_path / "photos" / "no_face").mkdir()
    Image.fromarray(skimage.data.chelsea()).save(tmp_path / "photos" / "no_face" / "cat.png")
    Image.new("RGB", (90, 60), "blue").save(tmp_path / "photos" / "no_face" / "blue.png")
    collection = read(tmp_path / "photos", faces=True)
    nobody = [sample for sample in collection.samples if sample.label == "no_face"]
    assert {Path(sample.source).name: sample.face for sample in nobody} == {"cat.png": True, "blue.png": False}
    assert collection.labels == ["no_face", "plain", "striped"] and collection.answers == ["plain", "striped"]


def test_photographs_with_boxes_are_refused_where_whole_photos_are_answered(shapes: Path) -> None:
    with pytest.raises(DataError, match="train with --faces yes"):
        read(shapes, faces=False, photographs={shapes / "circle" / "00.jpg": [((0, 0, 9, 9), "circle")]})


def test_a_photo_without_a_face_is_taken_whole_and_counted(tmp_path: Path, shapes: Path) -> None:
    collection = read(shapes, faces=True)
    assert len(collection.samples) == 4 and not any(sample.face for sample in collection.samples)
    assert collection.summary()["without_a_face_found"] == 4


# The kept pictures


def no_making(*_: object) -> None:
    raise AssertionError("a picture was made again")


def test_a_second_run_makes_no_picture_again(shapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(shapes)
    monkeypatch.setattr(cutouts.Keeper, "_make", no_making)
    assert read(shapes).samples == first.samples


def test_other_sizes_and_face_settings_keep_their_own_pictures(shapes: Path) -> None:
    small = read(shapes).samples[0].picture
    large = collect([shapes], 80, shapes.parent / "cache", False).samples[0].picture
    assert Image.open(small).width == 64 and Image.open(large).width == 80


def test_what_a_killed_run_left_half_done_is_made_again(shapes: Path) -> None:
    first = read(shapes)
    index = next(shapes.parent.glob("cache/*/index.jsonl"))
    index.write_text(index.read_text()[:-40])  # the last line is cut short
    Path(first.samples[0].picture).unlink()
    assert read(shapes).samples == first.samples
    assert Path(first.samples[0].picture).is_file()
    assert read(shapes).samples == first.samples  # and the line after the short one is whole


# Folders that cannot be trained from


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere is not a folder"):
        find_photos([tmp_path / "nowhere"])


def test_an_empty_folder_is_told_where_photos_belong(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one folder per label"):
        find_photos([tmp_path])


def test_one_label_is_too_few(shapes: Path) -> None:
    with pytest.raises(DataError, match="the same label, 'circle'"):
        find_photos([shapes / "circle"])


def test_labels_without_a_readable_photo_do_not_count(shapes: Path) -> None:
    for file in (shapes / "square").iterdir():
        file.write_bytes(b"")
    with pytest.raises(DataError, match="Fewer than two labels have readable photos"):
        read(shapes)


# Copies


def turned(photo: Image.Image) -> Image.Image:
    return photo.rotate(13, Image.Resampling.BILINEAR)


def blurred(photo: Image.Image) -> Image.Image:
    return photo.filter(ImageFilter.GaussianBlur(2))


def scaled(photo: Image.Image) -> Image.Image:
    return photo.resize((photo.width // 3, photo.height // 3), Image.Resampling.BOX)


def noisy(photo: Image.Image) -> Image.Image:
    noise = np.random.default_rng(0).normal(0, 12, (photo.height, photo.width, 3))
    return Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))


def recompressed(photo: Image.Image) -> Image.Image:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=25)
    return Image.open(file)


def test_copies_are_in_the_group_of_their_original_only(tmp_path: Path) -> None:
    originals = {
        "circle": shape_photo("circle", 0, 200),
        "square": Image.fromarray(skimage.data.astronaut()).resize((256, 256)),
    }
    for label, photo in originals.items():
        (tmp_path / "photos" / label).mkdir(parents=True)
        photo.save(tmp_path / "photos" / label / "original.png")
        for change in (turned, blurred, scaled, noisy, recompressed):
            change(photo).save(tmp_path / "photos" / label / f"{change.__name__}.png")
    collection = read(tmp_path / "photos")
    assert len(collection.samples) == 12
    groups = {label: {one.group for one in collection.samples if one.label == label} for label in LABELS}
    assert len(groups["circle"]) == len(groups["square"]) == 1
    assert groups["circle"] != groups["square"]


def test_different_photos_are_no_copies(shapes: Path) -> None:
    for number, photo in enumerate((skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee())):
        Image.fromarray(photo).save(shapes / "square" / f"photo{number}.jpg")
    collection = read(shapes)
    assert collection.summary()["groups"] == len(collection.samples) == 7


def test_copies_stay_on_one_side_whatever_the_seed(tmp_path: Path) -> None:
    for label in LABELS:
        (tmp_path / "photos" / label).mkdir(parents=True)
        for seed in range(4):
            for name, change in (("a", noisy), ("b", blurred)):
                change(shape_photo(label, seed)).save(tmp_path / "photos" / label / f"{seed}{name}.png")
    collected = read(tmp_path / "photos").samples
    for seed in range(10):
        train, valid = split(collected, 0.2, seed)
        photographs = [
            {(collected[index].label, Path(collected[index].source).name[0]) for index in side}
            for side in (train, valid)
        ]
        assert not photographs[0] & photographs[1]
        assert len(train) + len(valid) == 16


def test_files_whose_names_say_so_share_a_group(shapes: Path) -> None:
    for file in sorted(shapes.rglob("0[01].jpg")):
        file.rename(file.with_name(f"anna_{file.parent.name}_{file.name}"))
    collection = read(shapes, group_by="^(anna)_")
    anna = {sample.group for sample in collection.samples if "anna" in sample.source}
    assert len(anna) == 1 and collection.summary()["groups"] == 1


@pytest.mark.parametrize(
    ("file", "pattern", "key"),
    [
        ("a/12_b.jpg", r"^(\d+)_", "12"),
        ("a/12_b.jpg", r"^\d+", "12"),
        ("12/b.jpg", r"\d+", None),
        ("b.jpg", "(x)?b", None),
    ],
)
def test_a_files_name_gives_its_group(file: str, pattern: str, key: str | None) -> None:
    assert name_group(file, pattern) == key


# The split


def test_each_label_gives_its_share() -> None:
    many = samples({"cat": [1] * 100, "dog": [1] * 20, "newt": [2] * 10})
    train, valid = split(many, 0.2, seed=1)
    assert sorted(train + valid) == list(range(len(many)))
    assert Counter(many[index].label for index in valid) == {"cat": 20, "dog": 4, "newt": 4}


def test_the_seed_decides_what_is_held_out() -> None:
    many = samples({"cat": [1] * 50, "dog": [1] * 50})
    assert split(many, 0.2, seed=1) == split(many, 0.2, seed=1) != split(many, 0.2, seed=2)


def test_what_must_be_held_out_is_held_out_with_its_group_and_counts_towards_the_share() -> None:
    many = samples({"cat": [2] * 10, "dog": [1] * 20})
    train, valid = split(many, 0.2, seed=3, hold_out=lambda sample: sample.source == "cat4_1.jpg")
    assert {8, 9} <= set(valid) and not {8, 9} & set(train)
    assert Counter(many[index].label for index in valid) == {"cat": 4, "dog": 4}


def test_a_label_with_too_few_different_photos_is_named() -> None:
    with pytest.raises(DataError, match=r"Too few different photos of 'dog' .*: 9 \(1 different ones; .* 20 of 'cat'"):
        split(samples({"cat": [1] * 20, "dog": [9]}), 0.2, seed=0)
