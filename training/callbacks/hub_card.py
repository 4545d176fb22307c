"""The model card as the Hugging Face hub wants it: with a head of facts that its search and its pages read."""

import re
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from model.bundle import CARD, MANIFEST, ONNX, Manifest

HEAD = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def write_hub_card(folder: Path, text: str = "") -> None:
    """Put the hub's metadata at the head of a bundle's `README.md`, instead of a head that is there.

    Args:
        folder: a bundle's.
        text: the card, where the bundle has none.
    """
    manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    file = folder / CARD
    card = file.read_text("utf-8") if file.is_file() else f"# {manifest.name}\n\n{text}"
    file.write_text(f"---\n{metadata(manifest).to_yaml()}\n---\n\n{HEAD.sub('', card).strip()}\n", "utf-8")


def metadata(manifest: Manifest) -> ModelCardData:
    """What the hub can know from a manifest: how to run the bundle, and its accuracy where that was measured."""
    accuracy = manifest.figures.get("held_out", {}).get("accuracy", {}).get("share")
    result = EvalResult(
        task_type="image-classification",
        dataset_type="imagefolder",
        dataset_name="photos that were held out of training",
        metric_type="accuracy",
        metric_value=accuracy,
    )
    return ModelCardData(
        library_name="fastai",
        pipeline_tag="image-classification",
        tags=["image-classification", "fastai", *(["onnx"] if ONNX in manifest.files else []), "telegram-bot"],
        metrics=["accuracy"],
        model_name=manifest.name,
        eval_results=None if accuracy is None else [result],
    )
