"""The models that are served, by name; the first is the one for whoever does not choose."""

import re
from collections.abc import Mapping

from model import BundleError, Classifier
from model.model_path import named_folders

Models = Mapping[str, Classifier]


def open_models(setting: str, runtime: str) -> Models:
    """Open every bundle that `MODEL_PATH` names. One without a name is called after its manifest's.

    Raises:
        BundleError: one cannot be opened, or two have the same name.
    """
    models: dict[str, Classifier] = {}
    for given, folder in named_folders(setting):
        classifier = Classifier.open(folder, runtime)
        name = given or _plain(classifier.bundle.manifest.name)
        if name in models:
            raise BundleError(f"Two models are called {name!r}: name them, as in MODEL_PATH=one=FOLDER,other=FOLDER.")
        models[name] = classifier
    return models


def _plain(title: str) -> str:
    """A title as a word for addresses: "Face masks" is "face-masks"."""
    return re.sub(r"\W+", "-", title.lower()).strip("-") or "model"
