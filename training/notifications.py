"""What a run of the command tells others: people by messages, the Hugging Face hub by uploads."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastai.callback.core import Callback
from fastai.learner import Learner

from training.callbacks.distributed import is_first
from training.callbacks.hub import PushToHub, Uploads
from training.callbacks.messenger import Messenger, read_addresses
from training.callbacks.notify import Notify
from training.options import Options


@dataclass(frozen=True)
class Telling:
    """Where messages and uploads of a run go."""

    notify: Notify
    uploads: Uploads | None

    def pusher(self, options: Options, run: Path, export: Callable[[Learner, Path], None]) -> PushToHub | None:
        """What pushes, while the run goes on and at its end; None if nothing is to be pushed."""
        if self.uploads is None:
            return None
        return PushToHub(self.uploads, export, options.push_every, run if options.push_checkpoints else None)

    def callbacks(self, push: PushToHub | None) -> list[Callback]:
        return [self.notify, *([push] if push else [])]


def telling(options: Options) -> Telling:
    """Open everything, so that what is in the way is said before anything is trained.

    Raises:
        AddressError: messages cannot be sent to such an address.
        HubError: the repository cannot be pushed to.
    """
    first = is_first()
    messenger = Messenger(read_addresses(options.notify) if first else [])
    photos = ", ".join(map(str, options.data))
    notify = Notify(
        messenger,
        name=options.name or "Training",
        every=options.notify_every,
        about=f"From {photos} to {options.out}.",
    )
    return Telling(notify, Uploads(options.push_to_hub) if options.push_to_hub and first else None)
