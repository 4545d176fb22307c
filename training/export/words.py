"""What the bot calls the labels, as a person gives it with `--words False=dog,True=cat`."""

from collections.abc import Sequence

from model.bundle import ANSWERS, Bundle
from training.export.load import ExportRefused


def read_words(given: str | None, labels: Sequence[str]) -> dict[str, str]:
    """Names by label, from "False=dog,True=cat".

    Raises:
        ExportRefused: it cannot be read, or names a label that there is not.
    """
    pairs = [pair.partition("=") for pair in given.split(",")] if given else []
    words = {label.strip(): name.strip() for label, _, name in pairs}
    if not all(words.values()):
        raise ExportRefused(f"--words {given} cannot be read: write it as --words {labels[0]}=NAME,{labels[1]}=NAME.")
    if unknown := [label for label in words if label not in labels]:
        raise ExportRefused(f"--words names {', '.join(unknown)}, but the labels are {', '.join(labels)}.")
    return words


def unnamed(bundle: Bundle, again: str) -> list[str]:
    """A warning, where the bot would say "Looks like this: True".

    Args:
        again: what else helps than editing the file, as an imperative.
    """
    bare = [label for label in bundle.manifest.answers if label in ("True", "False") or label.isdigit()]
    bare = [label for label in bare if bundle.words(label, "en").name == label]
    if not bare:
        return []
    example = ",".join(f"{label}=NAME" for label in bare[:2])
    return [
        f"Warning: the bot will say {', '.join(bare)}. Say what they mean in {bundle.folder / ANSWERS}, or {again} "
        f"into a new folder with --words {example}."
    ]
