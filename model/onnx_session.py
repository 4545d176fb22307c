"""Opens a network in ONNX Runtime: the face detector or a bundle's model."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # since 1.29 ONNX Runtime reports to its maker; photos are private


def open_session(network: bytes | str) -> "InferenceSession":
    """Opens a session on the processor, safe to call from several threads.

    Args:
        network: an ONNX file's content or its path.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # photos share the cores; one photo on several of them costs a fifth more time
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")  # spares 10 MB of 60
    options.enable_mem_pattern = False  # it would keep a plan for every size of picture
    options.log_severity_level = 3
    with _as_file(network) as file:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


@contextmanager
def _as_file(network: bytes | str) -> Iterator[bytes | str]:
    """A path where ONNX Runtime finds the content and nothing beside it; of bytes it would keep a copy with the session."""
    if isinstance(network, str) or not hasattr(os, "memfd_create"):  # Linux alone has files in memory
        yield network
        return
    with open(os.memfd_create("network"), "wb", buffering=0) as file:
        path = f"/proc/self/fd/{file.fileno()}"
        try:
            whole = file.write(network) == len(network) and os.path.exists(path)
        except OSError:  # no file may be as large
            whole = False
        yield path if whole else network
