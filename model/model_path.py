"""Parses `MODEL_PATH`: a bundle folder, or several with a name each.

Knows nothing of what is in them.
"""

import os
import re
from pathlib import Path

from model.bundle import SHIPPED, BundleError


def plain_name(title: str) -> str:
    """Returns a title as a word for addresses and counts: "Face masks" is "face-masks"."""
    return re.sub(r"\W+", "-", title.lower()).strip("-") or "model"


def expanded(path: Path | str) -> Path:
    """Returns a path with "~" replaced by the home folder, which a shell does not do in every place."""
    return Path(os.path.expanduser(path))


def named_folders(setting: Path | str | None) -> list[tuple[str | None, Path]]:
    """Reads bundle folders with their names, in the order they are written.

    Args:
        setting: a folder, or `name=folder` pairs with commas between, such as "masks=model/face_masks,pets=bundles/pets";
            None or an empty one is the shipped bundle.

    Returns:
        Pairs of a name and a folder; the name is None where the setting gives none.

    Raises:
        BundleError: a name cannot be used, or is given twice.
    """
    if not setting:
        return [(None, SHIPPED)]
    if expanded(setting).is_dir():
        return [(None, expanded(setting))]
    folders: list[tuple[str | None, Path]] = []
    for part in filter(None, map(str.strip, str(setting).split(","))):
        name, equals, folder = part.partition("=")
        if not equals:
            folders.append((None, expanded(part)))
            continue
        if not re.fullmatch(r"[\w.-]+", name) or not folder:
            raise BundleError(
                f"MODEL_PATH={setting}: {part!r} is not name=folder, with a name of letters, digits, '.', '_' and '-'."
            )
        if name in dict(folders):
            raise BundleError(f"MODEL_PATH={setting}: the name {name!r} is given twice; each bundle needs its own.")
        folders.append((name, expanded(folder)))
    return folders or [(None, SHIPPED)]
