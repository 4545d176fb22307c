"""The options of `python -m training`: their names, types, defaults and help, in one place.

Knows nothing of training. `takes_options` makes a command of them; `training.config_file` reads them from files.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from training.fit.settings import Settings
from training.option_types import function, how_often, how_often_to_push, rate, regular_expression

DEFAULTS = Settings()
PHOTOS, RESULT, NETWORK = "Photos", "Result", "Network and training"
RATE, RUN, LOOKING = "Learning rate, and when to stop", "The run, and going on with it", "Looking at it"
TELLING = "Telling others"


def one(panel: str, text: str, *, names: tuple[str, ...] = (), **more: Any) -> Any:
    """An option below the headline `panel`, with its help."""
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


def many(panel: str, text: str, **more: Any) -> Any:
    """An option that may be given several times."""
    return one(panel, text, show_default=False, **more)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person may choose."""

    data: Annotated[
        list[Path],
        many(PHOTOS, "A folder that holds one folder of photos per label. May be given several times.", metavar="DIR"),
    ] = field(default_factory=list)
    boxes: Annotated[
        list[Path],
        many(
            PHOTOS,
            "Whole photographs to learn from too: a file with the columns photo, left, top, right, bottom (pixels), label, beside its photos. May be given several times.",
            metavar="CSV",
        ),
    ] = field(default_factory=list)
    faces: Annotated[
        Literal["auto", "yes", "no"],
        one(PHOTOS, "Find faces and answer each, or answer the whole photo; auto looks at some photos."),
    ] = "auto"
    valid: Annotated[float, one(PHOTOS, "Share of the photos held out.", metavar="SHARE", min=0.01, max=0.9)] = 0.2
    hold_out: Annotated[
        Path | None,
        one(
            PHOTOS,
            "Folder of photographs; samples of the same photograph (see --group-by) are held out.",
            metavar="DIR",
        ),
    ] = None
    group_by: Annotated[
        str | None,
        one(
            PHOTOS,
            "Photos whose file names give the same first group stay on one side of the split.",
            metavar="REGEX",
            callback=regular_expression,
        ),
    ] = None
    skip: Annotated[
        list[str],
        many(PHOTOS, "File names to leave out, such as 'augmented_*'. May be given several times.", metavar="GLOB"),
    ] = field(default_factory=list)
    cache: Annotated[
        Path, one(PHOTOS, "Where the small cut-out pictures are kept for the next run.", metavar="DIR")
    ] = Path("runs/pictures")

    out: Annotated[
        Path,
        one(RESULT, "The bundle's folder; an existing bundle there is replaced when all went well.", metavar="DIR"),
    ] = Path("bundle")
    name: Annotated[str, one(RESULT, "What the bundle is called; by default, after its labels.", metavar="TEXT")] = ""
    card_notes: Annotated[
        Path | None,
        one(
            RESULT, "Words of your own for the model card, below headings such as '## What was tried'.", metavar="FILE"
        ),
    ] = None

    arch: Annotated[str, one(NETWORK, "Backbone: a timm or torchvision name.", metavar="NAME")] = DEFAULTS.arch
    weights: Annotated[
        Path | None, one(NETWORK, "File of backbone weights, instead of downloading them.", metavar="FILE")
    ] = None
    pretrained: Annotated[bool, one(NETWORK, "Start from pretrained weights.")] = DEFAULTS.pretrained
    size: Annotated[int, one(NETWORK, "Side of the network's input in pixels.", metavar="PIXELS", min=32, max=1024)] = (
        DEFAULTS.size
    )
    epochs: Annotated[
        int, one(NETWORK, "Epochs of the whole network, after one of its head alone.", metavar="N", min=1)
    ] = DEFAULTS.epochs
    batch_size: Annotated[int, one(NETWORK, "Photos per step.", metavar="N", min=2)] = DEFAULTS.batch_size
    mirror: Annotated[
        bool, one(NETWORK, "A photo's mirror image has the same answer; with --no-mirror, it may have another.")
    ] = DEFAULTS.mirror
    seed: Annotated[int, one(NETWORK, "Of every random choice.", metavar="N")] = DEFAULTS.seed

    lr: Annotated[
        str,
        one(RATE, "Base learning rate; auto looks for one with fastai's finder.", metavar="RATE|auto", callback=rate),
    ] = str(DEFAULTS.lr)
    monitor: Annotated[
        str,
        one(
            RATE,
            "What tells the best model, and whether training still gets better: a column of the table. The lower the better if its name holds loss or error, else the higher.",
            metavar="COLUMN",
        ),
    ] = "valid_loss"
    plateau: Annotated[
        int,
        one(
            RATE,
            "Lower the learning rate after so many epochs without anything better, instead of along a curve; 0: never.",
            min=0,
            metavar="EPOCHS",
        ),
    ] = 0
    plateau_factor: Annotated[float, one(RATE, "... dividing it by this.", metavar="N", min=1.01)] = 10.0
    plateau_min: Annotated[float, one(RATE, "... but not below this.", min=0, metavar="RATE")] = 1e-06
    patience: Annotated[
        int, one(RATE, "Stop after so many epochs without anything better; 0: never.", min=0, metavar="EPOCHS")
    ] = 0
    min_change: Annotated[float, one(RATE, "How much better counts as better, for both.", metavar="N", min=0)] = 0.0

    run: Annotated[
        Path | None,
        one(
            RUN,
            "The run's own folder: checkpoints, logs, pictures, options. By default, after the time, in runs/.",
            metavar="DIR",
        ),
    ] = None
    resume: Annotated[
        bool,
        one(
            RUN, "Go on with the run in --run, by default the last one in runs/, with its options.", names=("--resume",)
        ),
    ] = False
    save_every: Annotated[
        str, one(RUN, "How often to write what --resume needs.", metavar="epoch|STEPS|no", callback=how_often)
    ] = "epoch"
    config: Annotated[
        Path | None,
        one(
            RUN,
            "A YAML or TOML file of options, such as a run's options.yaml; the command line counts more.",
            metavar="FILE",
        ),
    ] = None

    notify: Annotated[
        list[str],
        many(
            TELLING,
            "Where to send messages, as Apprise writes it, such as tgram://TOKEN/CHAT, or a file of such addresses. May be given several times; NOTIFY_URLS in the environment or in .env is read too.",
            metavar="URL|@FILE",
        ),
    ] = field(default_factory=list)
    notify_every: Annotated[
        int,
        one(TELLING, "A message after so many epochs too; 0: at the start and the end only.", min=0, metavar="EPOCHS"),
    ] = 0
    push_to_hub: Annotated[
        str | None,
        one(
            TELLING,
            "Upload the bundle to the Hugging Face hub; HF_TOKEN in the environment says who may.",
            metavar="USER/REPO",
        ),
    ] = None
    push_every: Annotated[
        str,
        one(
            TELLING,
            "How often to upload it, as far as it is trained.",
            metavar="epoch|STEPS|end",
            callback=how_often_to_push,
        ),
    ] = "end"
    push_checkpoints: Annotated[
        bool, one(TELLING, "Upload what --resume needs too, as checkpoints/.", names=("--push-checkpoints",))
    ] = False

    metric: Annotated[
        list[str],
        many(
            LOOKING,
            "A metric of your own. It gets the probabilities (photos, labels) and the right labels' numbers (photos,) of all held-out photos as NumPy arrays, and gives a number or a dict of numbers. May be given several times.",
            metavar="MODULE:FUNCTION",
            callback=function,
        ),
    ] = field(default_factory=list)
    eval_data: Annotated[
        Path | None,
        one(LOOKING, "A second set of photos, in folders like --data, to measure after each epoch.", metavar="DIR"),
    ] = None
    tensorboard: Annotated[bool, one(LOOKING, "Write events for TensorBoard into the run's folder.")] = True

    def settings(self) -> Settings:
        """The recipe's part of them; its learning rate is the default one while it is to be found."""
        chosen = {known.name: getattr(self, known.name) for known in fields(Settings) if hasattr(self, known.name)}
        return Settings(**chosen | {"lr": DEFAULTS.lr if self.lr == "auto" else float(self.lr)})


def takes_options(act: Callable[[Options], None]) -> Callable[..., None]:
    """A command for typer that takes every option, and hands them over in one piece."""

    def main(**values: Any) -> None:
        act(Options(**{name: [] if value is None and name in lists else value for name, value in values.items()}))

    hints = get_type_hints(Options, include_extras=True)
    lists = {option.name for option in fields(Options) if option.default_factory is not MISSING}
    parameters = [
        inspect.Parameter(
            option.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if option.name in lists else option.default,
            annotation=hints[option.name],
        )
        for option in fields(Options)
    ]
    main.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    main.__annotations__ = hints
    main.__doc__ = act.__doc__
    return main
