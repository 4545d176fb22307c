"""The files of the general backbone are checked before they are used."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.bundle import BundleError
from model.teaching import backbone
from model.teaching.backbone import FEATURES, Backbone


def test_the_classifier_that_ships_fits_the_features() -> None:
    classifier = Backbone().classifier
    assert classifier.shape[1] == FEATURES and classifier.dtype == np.float16
    lengths = np.linalg.norm(classifier.astype(float), axis=1)
    assert (np.diff(lengths) <= 0.01).all() and lengths[-1] > 0


@pytest.mark.parametrize("name", ["BACKBONE", "CLASSIFIER"])
def test_a_damaged_file_is_refused_in_a_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = getattr(backbone, name).read_bytes()
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    monkeypatch.setattr(backbone, name, damaged)
    with pytest.raises(BundleError, match=r"damaged is damaged .*; install the project again"):
        _use(name)
    damaged.unlink()
    with pytest.raises(BundleError, match=r"cannot be read .*; install the project again"):
        _use(name)


def _use(name: str) -> None:
    if name == "CLASSIFIER":
        assert Backbone().classifier.size
    else:
        Backbone().features(Image.new("RGB", (8, 8)))
