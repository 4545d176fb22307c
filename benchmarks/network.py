"""`python -m benchmarks.network`: the bundle's network alone, on one picture: in ONNX Runtime, as the bot runs it, and in
OpenVINO, in 32-bit numbers as well as in those it chooses by itself. Runs in the environment of the rivals."""

import os
from pathlib import Path
from typing import Annotated

import numpy as np
import onnxruntime
import openvino
import typer

from benchmarks.figures import percentile, say, say_times, side_by_side


def main(
    network: Annotated[Path, typer.Argument(help="An ONNX file.")] = Path("model/face_masks/model.onnx"),
    threads: Annotated[int, typer.Option(help="Threads of each; 0 is one for each core.")] = 0,
) -> None:
    """Compare ONNX Runtime with OpenVINO."""
    threads = threads or min(4, os.cpu_count() or 1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    shape = [side if isinstance(side, int) else 1 for side in session.get_inputs()[0].shape]
    picture = np.random.default_rng(0).random(shape, np.float32)
    model = openvino.Core().read_model(network)
    model.reshape(shape)
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    own = openvino.compile_model(model, "CPU", settings)
    exact = openvino.compile_model(model, "CPU", settings | {"INFERENCE_PRECISION_HINT": "f32"})
    chosen = own.get_property("INFERENCE_PRECISION_HINT").to_string()
    requests = {f"OpenVINO, {chosen}": own.create_infer_request(), "OpenVINO, f32": exact.create_infer_request()}
    ways = {"ONNX Runtime": lambda: session.run(None, {name: picture})}
    times = side_by_side(ways | {way: lambda to=to: to.infer({0: picture}) for way, to in requests.items()}, calls=50)
    for way, taken in times.items():
        say_times(f"the network alone, {way}", taken)
    ours = percentile(times["ONNX Runtime"], 50)
    for way in requests:
        say(f"ONNX Runtime's time relative to {way}", ours / percentile(times[way], 50), "x")


if __name__ == "__main__":
    typer.run(main)
