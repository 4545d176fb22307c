"""Writes a network as one ONNX file that takes any number of pictures. Knows nothing of fastai or of bundles."""

import copy
import io
import logging
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import onnx
import torch
from timm.layers import Conv2dSame, get_same_padding
from torch import Tensor, nn


class NotConvertible(ValueError):
    """A network that PyTorch cannot turn into ONNX; the message says why."""


def write_onnx(network: nn.Module, size: tuple[int, int], file: Path, outputs: Sequence[str] = ("logits",)) -> None:
    """Write a network that takes float32 pictures of shape (any number, 3, height, width).

    Args:
        network: on the CPU, in eval mode; gives a tuple of as many tensors as there are names, or the only one.
        size: height and width in pixels.
        file: where to; nothing is left there when it fails.
        outputs: their names.

    Raises:
        NotConvertible: no exporter gives a file that runs.
    """
    problem = "no exporter"
    for exporter in EXPORTERS:
        try:
            with _quiet(), torch.no_grad():
                exporter(network, torch.zeros(2, 3, *size), file, outputs)
                _strip(file)
                _try_out(file, size)
            return
        except Exception as error:  # the exporters raise whatever the network's code provokes
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            file.unlink(missing_ok=True)
    raise NotConvertible(problem)


def _with_dynamo(network: nn.Module, pictures: Tensor, file: Path, outputs: Sequence[str]) -> None:
    torch.onnx.export(
        network,
        (pictures,),
        file,
        input_names=["pictures"],
        output_names=list(outputs),
        dynamo=True,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False,
        verbose=False,
    )


def _with_tracing(network: nn.Module, pictures: Tensor, file: Path, outputs: Sequence[str]) -> None:
    torch.onnx.export(
        network,
        (pictures,),
        str(file),
        input_names=["pictures"],
        output_names=list(outputs),
        dynamo=False,
        dynamic_axes={name: {0: "batch"} for name in ("pictures", *outputs)},
    )


def _with_tracing_of_one_size(network: nn.Module, pictures: Tensor, file: Path, outputs: Sequence[str]) -> None:
    """Takes a sixth of the newer exporter's time, and gives as fast a graph where nothing in it asks for sizes as it runs."""
    _with_tracing(with_fixed_padding(network, pictures), pictures, file, outputs)
    if any(node.op_type == "Shape" for node in onnx.load(file).graph.node):
        raise ValueError("sizes are worked out for each picture")


# The first that succeeds. The last one takes some networks that the newer exporter, in the middle, refuses.
EXPORTERS: tuple[Callable[[nn.Module, Tensor, Path, Sequence[str]], None], ...] = (
    _with_tracing_of_one_size,
    _with_dynamo,
    _with_tracing,
)


def with_fixed_padding(network: nn.Module, pictures: Tensor) -> nn.Module:
    """Replaces convolutions that work out their padding for each picture, as TensorFlow's "same" asks for.

    Args:
        network: left as it is.
        pictures: of the one size that the result is for.

    Returns:
        A network with the same outputs for pictures of that size; `network` itself where it has no such convolution.
    """
    if not any(isinstance(module, Conv2dSame) for module in network.modules()):
        return network
    network = copy.deepcopy(network)
    sizes: dict[nn.Module, set[tuple[int, int]]] = defaultdict(set)
    padded = {name: module for name, module in network.named_modules() if isinstance(module, Conv2dSame)}
    hooks = [
        module.register_forward_pre_hook(lambda module, inputs: sizes[module].add(tuple(inputs[0].shape[-2:])))
        for module in padded.values()
    ]
    network(pictures)
    for hook in hooks:
        hook.remove()
    for name, module in padded.items():
        if len(sizes[module]) == 1:
            parent, _, own = name.rpartition(".")
            setattr(network.get_submodule(parent), own, _padded_for(module, *sizes[module]))
    return network


def _padded_for(same: Conv2dSame, size: tuple[int, int]) -> nn.Module:
    """The same convolution, for inputs of that height and width."""
    rules = zip(size, same.kernel_size, same.stride, same.dilation, strict=True)
    down, across = (get_same_padding(*rule) for rule in rules)
    plain = nn.Conv2d(
        same.in_channels,
        same.out_channels,
        same.kernel_size,
        same.stride,
        dilation=same.dilation,
        groups=same.groups,
        bias=same.bias is not None,
    )
    plain.weight, plain.bias = same.weight, same.bias
    border = nn.ZeroPad2d((across // 2, across - across // 2, down // 2, down - down // 2))
    return nn.Sequential(border, plain)


def _strip(file: Path) -> None:
    """Removes where in whose files each step was written: it names folders of the machine, and fills a tenth of a file."""
    model = onnx.load(file)
    for part in (model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, file)


def _try_out(file: Path, size: tuple[int, int]) -> None:
    """Some networks are written without a complaint and then run for one number of pictures only."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    for count in (1, 3):
        for output in session.run(None, {"pictures": torch.zeros(count, 3, *size).numpy()}):
            if len(output) != count:
                raise ValueError(f"it gives {len(output)} answers for {count} pictures")


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporters say much that helps nobody who only wants a file."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
