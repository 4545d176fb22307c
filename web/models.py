"""The models that are served, by name; the first is the one for whoever does not choose."""

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
        classifier.name = given or classifier.name
        if classifier.name in models:
            raise BundleError(
                f"Two models are called {classifier.name!r}: name them, as in MODEL_PATH=one=FOLDER,other=FOLDER."
            )
        models[classifier.name] = classifier
    return models
