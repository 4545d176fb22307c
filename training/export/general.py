"""`python -m training.export.general --weights FILE`: writes the backbone that is taught in the chat, `model/general`.

Its weights are stored as float16, and computed with as float32.
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

from model.teaching.backbone import BACKBONE, INPUT
from training.export.onnx import write_onnx

ARCH = "tf_efficientnet_lite2"
SMALL = 100  # numbers in a constant that is not worth halving


def main(
    weights: Annotated[Path | None, typer.Option(help="File of weights, instead of downloading them.")] = None,
    out: Annotated[Path, typer.Option(help="Where to write it.")] = BACKBONE,
) -> None:
    """Write the general backbone."""
    overlay = {"file": str(weights)} if weights else None
    network = timm.create_model(
        ARCH, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=0, global_pool=""
    ).eval()
    with tempfile.TemporaryDirectory() as made:
        full = Path(made, "full.onnx")
        write_onnx(network, (INPUT.height, INPUT.width), full, ["maps"])
        model = halved(onnx.load(full))
    out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, out)
    content = out.read_bytes()
    print(f"Wrote {out}: {len(content) / 1e6:.1f} MB, SHA-256 {hashlib.sha256(content).hexdigest()}")


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
