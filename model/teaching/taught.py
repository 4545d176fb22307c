"""Makes a classifier of what was taught."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from model.answers import Words
from model.bundle import ANSWERS, MANIFEST, NONE, TAUGHT, Bundle, BundleError, FaceSearch, Manifest
from model.classifier import Classifier
from model.prediction import Outputs
from model.teaching.backbone import GENERAL, INPUT, Backbone
from model.teaching.examples import Examples, TeachingError
from model.teaching.head import LEAST, Head, fit_head
from model.unlike import NEARLY, distances

SURE_FROM = 0.8
NONE_FROM = 0.5


class TaughtRuntime:
    """The general backbone with a head on it, behind the same interface as `OnnxRuntime`."""

    name = "taught"

    def __init__(self, backbone: Backbone, head: Head):
        self._backbone, self._head = backbone, head

    def outputs(self, images: Sequence[Image.Image]) -> Outputs:
        head, maps = self._head, self._backbone.maps(images)
        pooled = maps.mean((2, 3))
        lengths = np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        logits = pooled / lengths @ head.weight + head.bias
        best = (head.weight - head.weight.mean(1, keepdims=True)).T[logits.argmax(1)]
        return Outputs(logits, distances(pooled, head.known), np.einsum("nchw,nc->nhw", maps, best))


class TaughtBundleRuntime(TaughtRuntime):
    """The same, of a bundle folder that `packed` made."""

    def __init__(self, bundle: Bundle):
        file = bundle.folder / TAUGHT
        try:
            examples, backbone = Examples.read(bundle.read(TAUGHT)), Backbone()
            head = fit_head(examples.features, examples.labels, classifier=backbone.classifier)
        except TeachingError as error:
            other = error.problem == "other_backbone"
            raise BundleError(
                f"{file} {'was taught to another version of the backbone' if other else 'is damaged'}."
            ) from None
        if list(head.labels) != bundle.manifest.labels:
            raise BundleError(
                f"{file} knows the labels {list(head.labels)} but the manifest has {bundle.manifest.labels}."
            )
        super().__init__(backbone, head)


def learnable(examples: Examples) -> bool:
    """Whether two labels have the photos that it takes; `none` is no label that people ask for."""
    return sum(count >= LEAST for label, count in examples.counts.items() if label != NONE) >= 2


def learn(examples: Examples, backbone: Backbone, say: Mapping[str, str] | None = None) -> tuple[Classifier, Head]:
    """Learns what was taught.

    Args:
        examples: of two labels at least.
        backbone: gave their features.
        say: sentences by language in which `{name}` stands for what a label is called.
    """
    head = fit_head(examples.features, examples.labels, classifier=backbone.classifier)
    words = {
        label: {
            language: Words(name, (say or {})[language].replace("{name}", name) if language in (say or {}) else None)
            for language, name in names.items()
        }
        for label, names in examples.words.items()
    }
    return Classifier(Bundle(GENERAL, manifest_of(head), words), TaughtRuntime(backbone, head), "taught"), head


def packed(examples: Examples, head: Head) -> bytes:
    """Returns a bundle as a zip: what was taught, for `MODEL_PATH` once it is unpacked, and for `python -m training --from`."""
    taught = examples.write()
    manifest = manifest_of(head).model_copy(update={"files": {TAUGHT: hashlib.sha256(taught).hexdigest()}})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(f"taught/{MANIFEST}", manifest.model_dump_json(indent=2, exclude_none=True))
        zipped.writestr(f"taught/{TAUGHT}", taught, zipfile.ZIP_STORED)
        zipped.writestr(f"taught/{ANSWERS}", _answers(examples))
    return file.getvalue()


def _answers(examples: Examples) -> str:
    tables = [
        f"[{json.dumps(label)}.{language}]\nname = {json.dumps(name)}\n"
        for label, names in examples.words.items()
        for language, name in names.items()
    ]
    return "\n".join(tables)


def manifest_of(head: Head) -> Manifest:
    """What a bundle says of itself that was taught."""
    return Manifest(
        name=" or ".join(label for label in head.labels if label != NONE)[:100],
        labels=list(head.labels),
        input=INPUT,
        faces=FaceSearch(find=False),
        temperature=head.temperature,
        sure_from=SURE_FROM,
        unlike_from=NEARLY * head.sure_within,
        sure_within=head.sure_within,
        none_from=NONE_FROM if NONE in head.labels else None,
        files={},
        figures={"cross_validation": {"right": int(head.right.sum()), "of": len(head.right)}},
    )
