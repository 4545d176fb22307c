"""A network is written as a graph that works out no sizes while it runs, where that can be."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import timm
import torch
from torch import Tensor, nn

from training.export.onnx import with_fixed_padding, write_onnx


class AsksForSizes(nn.Module):
    """Its outputs depend on how many pictures there are at once."""

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.sum((2, 3)) / (pictures.shape[0] + 1)


def steps(file: Path) -> Counter[str]:
    return Counter(node.op_type for node in onnx.load(file).graph.node)


def answers(file: Path, pictures: Tensor) -> np.ndarray:
    return np.asarray(onnxruntime.InferenceSession(str(file)).run(None, {"pictures": pictures.numpy()})[0])


@pytest.mark.parametrize("size", [(64, 64), (65, 90)])
def test_padding_that_follows_the_picture_is_fixed_for_one_size(tmp_path: Path, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = timm.create_model("tf_efficientnet_lite0", num_classes=3).eval()
    pictures = torch.rand(2, 3, *size)
    with torch.no_grad():
        expected = network(pictures)
        torch.testing.assert_close(with_fixed_padding(network, pictures)(pictures), expected)
    write_onnx(network, size, tmp_path / "fixed.onnx")
    assert not steps(tmp_path / "fixed.onnx")["Shape"]
    np.testing.assert_allclose(answers(tmp_path / "fixed.onnx", pictures), expected, atol=1e-4)
    assert any("Same" in type(module).__name__ for module in network.modules()), "the network itself is as it was"


def test_a_convolution_that_sees_two_sizes_keeps_its_padding() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = timm.layers.Conv2dSame(3, 3, 3, stride=2)

        def forward(self, pictures: Tensor) -> Tensor:
            return self.layer(self.layer(pictures)).mean((2, 3))

    network, pictures = Twice().eval(), torch.rand(2, 3, 17, 16)
    with torch.no_grad():
        torch.testing.assert_close(with_fixed_padding(network, pictures)(pictures), network(pictures))


def test_a_network_that_asks_for_sizes_is_written_too(tmp_path: Path) -> None:
    network, pictures = AsksForSizes().eval(), torch.rand(5, 3, 8, 8)
    write_onnx(network, (8, 8), tmp_path / "asks.onnx")
    np.testing.assert_allclose(answers(tmp_path / "asks.onnx", pictures), network(pictures), atol=1e-5)
