"""Downloads bundles from the Hugging Face hub: `hf://USER/REPO`, or `hf://USER/REPO@REVISION` to pin one.

Files go to the hub's cache, where the next start finds them, even offline.
"""

import re
import sys
from pathlib import Path

from model.bundle import ANSWERS, CARD, MANIFEST, ONNX, PICKLE, Bundle, BundleError

ADDRESS = re.compile(r"hf://?(?P<repository>[^/@]+/[^/@]+)(?:@(?P<revision>.+))?")  # of "//", a Path leaves one


def is_on_hub(path: Path | str) -> bool:
    """Tells the address of a bundle on the hub from a folder."""
    return str(path).startswith("hf:/")


def open_from_hub(address: Path | str, runtime: str = "auto") -> Bundle:
    """Downloads a bundle, unless the cache holds it, and opens it.

    All files are those of one commit: the one that the revision (a commit, tag or branch; by default, `main`) stands for
    now. `model.pkl` is downloaded only for the runtime that runs it, because opening it runs code from the file. A file
    that is damaged in the cache is downloaded again.

    Args:
        address: `hf://USER/REPO[@REVISION]`. A private repository needs `HF_TOKEN` in the environment.
        runtime: what the bundle will run with, see `open_runtime`.

    Raises:
        BundleError: it cannot be downloaded, or opened.
    """
    parts = ADDRESS.fullmatch(str(address))
    if parts is None:
        raise BundleError(
            f"MODEL_PATH={address} is not the address of a bundle: write hf://USER/REPO or hf://USER/REPO@REVISION."
        )
    repository, revision = parts["repository"], parts["revision"]
    network = PICKLE if runtime == "fastai" else ONNX
    folder = _download(repository, revision, network)
    if not (folder / MANIFEST).is_file():
        raise BundleError(f"hf://{repository} holds no {MANIFEST}, so it is not a bundle. Push one: --push-to-hub.")
    if not (folder / network).is_file():
        other = (
            "MODEL_RUNTIME=fastai runs its model.pkl, which is code of its author" if network == ONNX else "use auto"
        )
        raise BundleError(f"hf://{repository} holds no {network}: {other}.")
    try:
        return Bundle.open(folder)
    except BundleError:
        return Bundle.open(_download(repository, revision, network, anew=True))


def _download(repository: str, revision: str | None, network: str, anew: bool = False) -> Path:
    from huggingface_hub import (
        snapshot_download,
    )  # here, because it takes memory that a bundle in a folder does not need
    from huggingface_hub.errors import (
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    name = f"hf://{repository}"
    try:
        files = [MANIFEST, ANSWERS, CARD, network]
        return Path(snapshot_download(repository, revision=revision, allow_patterns=files, force_download=anew))
    except RepositoryNotFoundError:
        raise BundleError(f"{name}: there is no such repository, or it is private and needs HF_TOKEN.") from None
    except RevisionNotFoundError:
        raise BundleError(f"{name}: the repository has no revision {revision}.") from None
    except HFValidationError:
        raise BundleError(
            f"{name} is not the address of a bundle: write hf://USER/REPO or hf://USER/REPO@REVISION."
        ) from None
    except LocalEntryNotFoundError as error:
        reason = type(error.__cause__ or error).__name__
        raise BundleError(
            f"{name} cannot be reached ({reason}) and is not in the cache: check the connection."
        ) from None
    except Exception as error:  # whatever breaks under a download
        raise BundleError(f"{name} could not be downloaded ({type(error).__name__}): try again.") from None
