"""`python -m training.export.general --weights FILE`: writes what is taught in the chat, `model/general`: the backbone, and in
which directions of its features the classifier that it was trained with tells a thousand things apart.

Weights are stored as float16, and computed with as float32.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import timm
import typer
from onnx import TensorProto, helper, numpy_helper

from model.teaching.backbone import BACKBONE, CLASSIFIER, INPUT
from training.export.onnx import write_onnx

ARCH = "tf_efficientnet_lite2"
DIRECTIONS = 300  # of the classifier's 1,000: more teach no better
SMALL = 100  # numbers in a constant that is not worth halving


def main(
    weights: Annotated[Path | None, typer.Option(help="File of weights, instead of downloading them.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = BACKBONE.parent,
) -> None:
    """Write the general backbone."""
    overlay = {"file": str(weights)} if weights else None
    network = timm.create_model(ARCH, pretrained=True, pretrained_cfg_overlay=overlay).eval()
    classifier = directions_of(network.get_classifier().weight.detach().numpy())
    network.reset_classifier(0, "")
    with tempfile.TemporaryDirectory() as made:
        full = Path(made, "full.onnx")
        write_onnx(network, (INPUT.height, INPUT.width), full, ["maps"])
        model = halved(onnx.load(full))
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(model, out / BACKBONE.name)
    np.save(out / CLASSIFIER.name, classifier)
    for file in (out / BACKBONE.name, out / CLASSIFIER.name):
        content = file.read_bytes()
        print(f"Wrote {file}: {len(content) / 1e6:.1f} MB, SHA-256 {hashlib.sha256(content).hexdigest()}")


def directions_of(classifier: np.ndarray) -> np.ndarray:
    """The directions in which a classifier's weights, of shape (classes, features), differ most from their mean, each as long
    as they differ in it, as float16 of shape (`DIRECTIONS`, features)."""
    _, lengths, directions = np.linalg.svd(classifier - classifier.mean(0), full_matrices=False)
    longest: np.ndarray = (lengths[:DIRECTIONS, None] * directions[:DIRECTIONS]).astype(np.float16)
    return longest


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores large float32 constants as float16, followed by a cast, which ONNX Runtime does once when it opens the file."""
    casts = []
    for constant in model.graph.initializer:
        values = numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.size < SMALL:
            continue
        name = constant.name
        constant.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    typer.run(main)
