"""Bundles for tests, made in a moment and without torch.

The network answers by color: the redder the picture, the more sure it is of the first label; the bluer, of the last. It can
tell that green pictures are unlike all that it learned from, and that it looked where the picture is red.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model.bundle import ANSWERS, ONNX, FaceSearch, Input, Manifest, write_manifest

SIDE = 32


def make_bundle(
    folder: Path,
    labels: tuple[str, ...] = ("with_mask", "without_mask"),
    *,
    find_faces: bool = True,
    answers: str | None = None,
    gain: float = 40.0,
    bias: float = 0.0,
    sure_from: float = 0.8,
    unlike_from: float | None = None,
    sure_within: float | None = None,
) -> Path:
    """Write a bundle and return its folder.

    Args:
        folder: created where it does not exist.
        labels: of which the first is for red pictures and the last for blue ones.
        find_faces: whether the bundle looks for faces, or answers whole photos.
        answers: content of `answers.toml`; None for a bundle without one.
        gain: logits per difference of mean red and mean blue, which lies between -1 and 1.
        bias: added to the first label's logit.
        sure_from, unlike_from, sure_within: as in the manifest; without the latter the network has no outputs but logits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.zeros((3, len(labels)), np.float32)
    weights[0, 0], weights[2, 0] = gain, -gain
    weights[0, -1], weights[2, -1] = -gain, gain
    offset = np.zeros(len(labels), np.float32)
    offset[0] = bias
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Gemm", ["mean", "weights", "offset"], ["logits"]),
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(labels)])]
    if unlike_from is not None:
        nodes += [
            helper.make_node("Gather", ["mean", "green"], ["unlike"], axis=1),
            helper.make_node("Gather", ["image", "red"], ["maps"], axis=1),
        ]
        outputs += [
            helper.make_tensor_value_info("unlike", TensorProto.FLOAT, ["batch"]),
            helper.make_tensor_value_info("maps", TensorProto.FLOAT, ["batch", SIDE, SIDE]),
        ]
    graph = helper.make_graph(
        nodes,
        "red or blue",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
        outputs,
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(offset, "offset"),
            numpy_helper.from_array(np.array(0), "red"),
            numpy_helper.from_array(np.array(1), "green"),
        ],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(network)
    onnx.save(network, folder / ONNX)
    if answers is not None:
        (folder / ANSWERS).write_text(answers, "utf-8")
    manifest = Manifest(
        name="red or blue",
        labels=list(labels),
        input=Input(height=SIDE, width=SIDE),
        faces=FaceSearch(find=find_faces),
        sure_from=sure_from,
        unlike_from=unlike_from,
        sure_within=sure_within,
        files={},
    )
    write_manifest(folder, manifest)
    return folder
