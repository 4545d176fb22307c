"""Which photos are suspected, and in what order."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from model.bundle import FaceSearch
from training.clean.suspects import find_suspects, mislabeled
from training.data.crops import Sample
from training.data.dataset import Collection


def collection_of(each: int = 30) -> tuple[Collection, np.ndarray]:
    """Two labels, far apart."""
    random = np.random.default_rng(0)
    middles = np.zeros((2, 16))
    middles[0, 0] = middles[1, 1] = 6
    features = np.concatenate([middle + random.normal(size=(each, 16)) for middle in middles])
    samples = [
        Sample(
            f"{label}/{number}.jpg", label, f"{label}/{number}-0.jpg", False, (), group=number + each * (label == "dog")
        )
        for label in ("cat", "dog")
        for number in range(each)
    ]
    return Collection(samples, {}, FaceSearch(find=False)), features.astype(np.float32)


def test_exchanged_labels_come_first_with_the_label_they_should_have() -> None:
    collection, features = collection_of()
    assert [suspect for suspect in find_suspects(collection, features) if suspect.kind == "label"] == []
    changed = list(collection.samples)
    for row, label in ((3, "dog"), (40, "cat")):
        changed[row] = replace(changed[row], label=label)
    first = find_suspects(replace(collection, samples=changed), features)[:2]
    assert {(str(suspect.file), suspect.kind, suspect.label, suspect.guess) for suspect in first} == {
        ("cat/3.jpg", "label", "dog", "cat"),
        ("dog/10.jpg", "label", "cat", "dog"),
    }
    assert all(suspect.share > 0.5 for suspect in first)


def test_a_photo_unlike_all_others_is_found_though_its_label_is_the_likeliest() -> None:
    collection, features = collection_of()
    features[7] = 0
    features[7, 0], features[7, 9] = 6, 40
    unlike = [suspect for suspect in find_suspects(collection, features) if suspect.kind == "unlike"]
    assert unlike[0].file == Path("cat/7.jpg")


def test_copies_under_two_labels_show_each_other() -> None:
    collection, features = collection_of()
    changed = list(collection.samples)
    changed[50] = replace(changed[50], group=changed[5].group)
    changed[51] = replace(changed[51], group=changed[5].group)  # its hash is alike, what it shows is not
    features[5] = features[50]
    features[51] = -features[50]
    suspects = {str(suspect.file): suspect for suspect in find_suspects(replace(collection, samples=changed), features)}
    assert suspects["cat/5.jpg"].copies == ((Path("dog/20.jpg"), "dog"),)
    assert suspects["dog/20.jpg"].copies == ((Path("cat/5.jpg"), "cat"),)


def test_a_label_with_one_photo_leaves_the_other_reasons() -> None:
    collection, features = collection_of()
    changed = [
        replace(sample, label="one" if row == 0 else sample.label) for row, sample in enumerate(collection.samples)
    ]
    features[7] = 0
    features[7, 9] = 40
    suspects = find_suspects(replace(collection, samples=changed), features)
    assert {suspect.kind for suspect in suspects} == {"unlike"} and not suspects[0].guess


def test_the_least_probable_label_comes_first_and_the_most_probable_is_not_suspected() -> None:
    probabilities = np.array([[0.9, 0.1, 0.0], [0.5, 0.3, 0.2], [0.4, 0.2, 0.4], [0.0, 0.05, 0.95]])
    assert mislabeled(probabilities, np.array([0, 1, 2, 1])).tolist() == [3, 1]
