"""The model card tells a person who must decide, in words, what was measured end to end; and shows nobody."""

import json
from pathlib import Path

import pytest
from PIL import Image

from model.bundle import CARD, MANIFEST, Bundle, write_manifest
from tests.bundles import make_bundle
from tests.masks import bare, cat
from training.data.annotations import KnownFace, KnownPhoto
from training.data.crops import Sample
from training.data.layouts import DataError
from training.evaluate.face_attributes import ABOUT_TONE
from training.evaluate.held_out import describe, held_out_photos
from training.report.model_card import read_notes

WORDS = '[warm.en]\nname = "in warm light"\n'


def sample(source: Path, label: str) -> Sample:
    return Sample(str(source), label, f"{source.stem}-0.jpg", True, ())


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle that was measured on three photos: one right, one wrong, one without a face."""
    folder = tmp_path_factory.mktemp("described")
    bundle = make_bundle(folder / "bundle", labels=("warm", "cold"), answers=WORDS)
    data = {"photos": {"warm": 20, "cold": 10}, "groups": 25, "left_out": {"the photo is damaged": 2}, "held_out": 3}
    write_manifest(bundle, Bundle.open(bundle).manifest.model_copy(update={"data": data}))
    portrait = bare().crop((100, 0, 360, 260))
    red = Image.blend(portrait, Image.new("RGB", portrait.size, "red"), 0.4)
    photos = []
    for name, label, picture in (("right", "warm", red), ("wrong", "cold", red), ("none", "cold", cat())):
        file = folder / "photos" / label / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture.save(file, compress_level=1)
        photos.append(sample(file, label))
    notes = {"What was tried": "| backbone | right |\n|---|---|\n| small | 90 % |", "Training data": "My album."}
    describe(bundle, folder / "report", held_out_photos(photos, {}), {"epochs": 3}, notes)
    return folder


@pytest.fixture
def card(described: Path) -> str:
    return (described / "bundle" / CARD).read_text("utf-8")


def section(card: str, heading: str) -> str:
    return card.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_the_card_says_what_it_is_for_and_what_not(card: str) -> None:
    assert card.startswith("# red or blue\n")
    assert "| `warm` | in warm light |" in section(card, "Intended use")
    assert "must not be used to make decisions about people" in section(card, "Out-of-scope use")


def test_the_card_gives_what_was_measured_with_intervals(card: str) -> None:
    figures = section(card, "Accuracy")
    assert "**33.3% (6.1% to 79.2% of 3)** right" in figures
    assert "| photos | 66.7% (20.8% to 93.9% of 3) |" in figures
    assert "| `cold` | 0.0% (0.0% to 65.8% of 2) | none |" in figures


def test_the_card_says_in_words_where_it_goes_wrong(card: str) -> None:
    wrong = section(card, "Common mistakes")
    assert "- Of 2 `cold`, `warm` is answered to 1 (50.0%)." in wrong
    assert "- Of 2 `cold`, no face is found in 1 (50.0%)." in wrong


def test_the_card_says_what_the_audit_of_skin_tones_found_and_what_it_cannot(card: str) -> None:
    fair = section(card, "Fairness")
    assert fair.lstrip().startswith("By skin tone: too few to compare groups.")
    assert "individual typology angle" in fair and ABOUT_TONE in fair


def test_a_persons_own_words_follow_in_their_section_or_make_one(card: str) -> None:
    assert section(card, "Training data").rstrip().endswith("My album.")
    assert "30 photos or faces, 25 of them different" in section(card, "Training data")
    assert "| small | 90 % |" in section(card, "What was tried")
    assert "| epochs | 3 |" in section(card, "Training settings")


def test_the_manifest_holds_the_same_and_the_bundle_shows_nobody(described: Path) -> None:
    manifest = json.loads((described / "bundle" / MANIFEST).read_text("utf-8"))
    overall = manifest["figures"]["end_to_end"]["overall"]
    assert (overall["right"]["right"], overall["right"]["of"]) == (1, 3)
    assert Bundle.open(described / "bundle").manifest.data["held_out"] == 3
    assert "data:image" not in (described / "bundle" / CARD).read_text("utf-8")
    assert (described / "report" / "report.html").read_text("utf-8").count("data:image/jpeg") == 2


def test_held_out_samples_of_one_photo_are_one_photo_with_all_its_faces(tmp_path: Path) -> None:
    street, portrait = tmp_path / "street" / "1.jpg", tmp_path / "album" / "warm" / "2.jpg"
    known = {street: [((0, 0, 50, 50), "warm"), ((60, 0, 110, 50), "cold")]}
    samples = [sample(street, "warm"), sample(street, "no_face"), sample(portrait, "warm")]
    assert held_out_photos(samples, known) == [
        KnownPhoto(street, "street", (KnownFace("warm", (0, 0, 50, 50)), KnownFace("cold", (60, 0, 110, 50))), True),
        KnownPhoto(portrait, "album", (KnownFace("warm"),)),
    ]


def test_notes_are_read_by_their_headings(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("# For me\n\n## What was tried\n\nA lot.\n\n### In detail\nMore.\n\n## Thanks\nTo all.\n")
    assert read_notes(file) == {"What was tried": "A lot.\n\n### In detail\nMore.", "Thanks": "To all."}


def test_notes_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    (tmp_path / "flat.md").write_text("just words\n")
    with pytest.raises(DataError, match=r"has no headings; write each note below a line such as '## What was tried'"):
        read_notes(tmp_path / "flat.md")
    with pytest.raises(DataError, match="cannot be read"):
        read_notes(tmp_path / "none.md")


def test_the_card_says_which_number_is_which_label(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", labels=("猫", "狗"))
    data = {"photos": {"猫": 1, "狗": 1}, "groups": 2, "left_out": {}, "held_out": 2}
    write_manifest(bundle, Bundle.open(bundle).manifest.model_copy(update={"data": data}))
    photos = []
    for label in ("猫", "狗"):
        (tmp_path / label).mkdir()
        bare().save(tmp_path / label / "1.png", compress_level=1)
        photos.append(sample(tmp_path / label / "1.png", label))
    describe(bundle, tmp_path / "report", held_out_photos(photos, {}), {})
    assert "In the picture, 1 is `猫`, 2 is `狗`." in (bundle / CARD).read_text("utf-8")
