"""The options of `python -m training`: their names, types, defaults and help, in one place.

Knows nothing of training. `takes_options` makes a command of them; `training.configured` reads them from files.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from training.recipe import Settings

DEFAULTS = Settings()
PHOTOS, RESULT, NETWORK = "Photos", "Result", "Network and training"
RATE, RUN, LOOKING = "Learning rate, and when to stop", "The run, and going on with it", "Looking at it"
TELLING = "Telling others"
OFF = ("no", "0")


def _regular_expression(value: str | None) -> str | None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise typer.BadParameter(f"{value!r} is no regular expression: {error}.") from None
    return value


def _rate(value: str) -> str:
    try:
        right = value == "auto" or float(value) >= 1e-8
    except ValueError:
        right = False
    if not right:
        raise typer.BadParameter(f"{value!r} is neither a rate from 1e-8 on nor auto.")
    return value


def _how_often(value: str) -> str:
    if value not in ("epoch", "no") and not (value.isdecimal() and int(value) > 0):
        raise typer.BadParameter(f"{value!r} is neither epoch, nor a number of steps, nor no.")
    return value


def _how_often_to_push(value: str) -> str:
    if value not in ("epoch", "end") and not (value.isdecimal() and int(value) > 0):
        raise typer.BadParameter(f"{value!r} is neither epoch, nor a number of steps, nor end.")
    return value


def _function(value: list[str] | None) -> list[str] | None:
    for name in value or []:
        if not re.fullmatch(r"[\w.]+:\w+", name):
            raise typer.BadParameter(f"{name!r} is not of the form package.module:function.")
    return value


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person may choose."""

    data: Annotated[
        list[Path],
        typer.Option(
            help="A folder that holds one folder of photos per label. May be given several times.",
            metavar="DIR",
            show_default=False,
            rich_help_panel=PHOTOS,
        ),
    ] = field(default_factory=list)
    boxes: Annotated[
        list[Path],
        typer.Option(
            metavar="CSV",
            help="Whole photographs to learn from too: a file with the columns photo, left, top, right, bottom (pixels), "
            "label, beside its photos. May be given several times.",
            show_default=False,
            rich_help_panel=PHOTOS,
        ),
    ] = field(default_factory=list)
    faces: Annotated[
        Literal["auto", "yes", "no"],
        typer.Option(
            help="Find faces and answer each, or answer the whole photo; auto looks at some photos.",
            rich_help_panel=PHOTOS,
        ),
    ] = "auto"
    valid: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of the photos held out.", rich_help_panel=PHOTOS)
    ] = 0.2
    hold_out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of photographs; samples of the same photograph (see --group-by) are held out.",
            metavar="DIR",
            rich_help_panel=PHOTOS,
        ),
    ] = None
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="Photos whose file names give the same first group stay on one side of the split.",
            callback=_regular_expression,
            rich_help_panel=PHOTOS,
        ),
    ] = None
    skip: Annotated[
        list[str],
        typer.Option(
            metavar="GLOB",
            help="File names to leave out, such as 'augmented_*'. May be given several times.",
            show_default=False,
            rich_help_panel=PHOTOS,
        ),
    ] = field(default_factory=list)
    cache: Annotated[
        Path,
        typer.Option(
            help="Where the small cut-out pictures are kept for the next run.", metavar="DIR", rich_help_panel=PHOTOS
        ),
    ] = Path("runs/pictures")

    out: Annotated[
        Path,
        typer.Option(
            help="The bundle's folder; an existing bundle there is replaced when all went well.",
            metavar="DIR",
            rich_help_panel=RESULT,
        ),
    ] = Path("bundle")
    name: Annotated[
        str, typer.Option(help="What the bundle is called; by default, after its labels.", rich_help_panel=RESULT)
    ] = ""
    card_notes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Words of your own for the model card, below headings such as '## What was tried'.",
            rich_help_panel=RESULT,
        ),
    ] = None

    arch: Annotated[str, typer.Option(help="Backbone: a timm or torchvision name.", rich_help_panel=NETWORK)] = (
        DEFAULTS.arch
    )
    weights: Annotated[
        Path | None,
        typer.Option(
            help="File of backbone weights, instead of downloading them.", metavar="FILE", rich_help_panel=NETWORK
        ),
    ] = None
    pretrained: Annotated[bool, typer.Option(help="Start from pretrained weights.", rich_help_panel=NETWORK)] = (
        DEFAULTS.pretrained
    )
    size: Annotated[
        int, typer.Option(min=32, max=1024, help="Side of the network's input in pixels.", rich_help_panel=NETWORK)
    ] = DEFAULTS.size
    epochs: Annotated[
        int,
        typer.Option(min=1, help="Epochs of the whole network, after one of its head alone.", rich_help_panel=NETWORK),
    ] = DEFAULTS.epochs
    batch_size: Annotated[int, typer.Option(min=2, help="Photos per step.", rich_help_panel=NETWORK)] = (
        DEFAULTS.batch_size
    )
    seed: Annotated[int, typer.Option(help="Of every random choice.", rich_help_panel=NETWORK)] = DEFAULTS.seed

    lr: Annotated[
        str,
        typer.Option(
            metavar="RATE|auto",
            help="Base learning rate; auto looks for one with fastai's finder.",
            callback=_rate,
            rich_help_panel=RATE,
        ),
    ] = str(DEFAULTS.lr)
    monitor: Annotated[
        str,
        typer.Option(
            metavar="COLUMN",
            help="What tells the best model, and whether training still gets better: a column of the table. "
            "The lower the better if its name holds loss or error, else the higher.",
            rich_help_panel=RATE,
        ),
    ] = "valid_loss"
    plateau: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="EPOCHS",
            help="Lower the learning rate after so many epochs without anything better, instead of along a curve; "
            "0: never.",
            rich_help_panel=RATE,
        ),
    ] = 0
    plateau_factor: Annotated[float, typer.Option(min=1.01, help="... dividing it by this.", rich_help_panel=RATE)] = (
        10.0
    )
    plateau_min: Annotated[
        float, typer.Option(min=0, metavar="RATE", help="... but not below this.", rich_help_panel=RATE)
    ] = 1e-6
    patience: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="EPOCHS",
            help="Stop after so many epochs without anything better; 0: never.",
            rich_help_panel=RATE,
        ),
    ] = 0
    min_change: Annotated[
        float, typer.Option(min=0, help="How much better counts as better, for both.", rich_help_panel=RATE)
    ] = 0.0

    run: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The run's own folder: checkpoints, logs, pictures, options. By default, after the time, in runs/.",
            rich_help_panel=RUN,
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the run in --run, by default the last one in runs/, with its options.",
            rich_help_panel=RUN,
        ),
    ] = False
    save_every: Annotated[
        str,
        typer.Option(
            metavar="epoch|STEPS|no",
            help="How often to write what --resume needs.",
            callback=_how_often,
            rich_help_panel=RUN,
        ),
    ] = "epoch"
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A YAML or TOML file of options, such as a run's options.yaml; the command line counts more.",
            rich_help_panel=RUN,
        ),
    ] = None

    notify: Annotated[
        list[str],
        typer.Option(
            metavar="URL|@FILE",
            help="Where to send messages, as Apprise writes it, such as tgram://TOKEN/CHAT, or a file of such addresses. "
            "May be given several times; NOTIFY_URLS in the environment or in .env is read too.",
            show_default=False,
            rich_help_panel=TELLING,
        ),
    ] = field(default_factory=list)
    notify_every: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="EPOCHS",
            help="A message after so many epochs too; 0: at the start and the end only.",
            rich_help_panel=TELLING,
        ),
    ] = 0
    push_to_hub: Annotated[
        str | None,
        typer.Option(
            metavar="USER/REPO",
            help="Upload the bundle to the Hugging Face hub; HF_TOKEN in the environment says who may.",
            rich_help_panel=TELLING,
        ),
    ] = None
    push_every: Annotated[
        str,
        typer.Option(
            metavar="epoch|STEPS|end",
            help="How often to upload it, as far as it is trained.",
            callback=_how_often_to_push,
            rich_help_panel=TELLING,
        ),
    ] = "end"
    push_checkpoints: Annotated[
        bool,
        typer.Option(
            "--push-checkpoints", help="Upload what --resume needs too, as checkpoints/.", rich_help_panel=TELLING
        ),
    ] = False

    metric: Annotated[
        list[str],
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="A metric of your own. It gets the probabilities (photos, labels) and the right labels' numbers "
            "(photos,) of all held-out photos as NumPy arrays, and gives a number or a dict of numbers. "
            "May be given several times.",
            callback=_function,
            show_default=False,
            rich_help_panel=LOOKING,
        ),
    ] = field(default_factory=list)
    eval_data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A second set of photos, in folders like --data, to measure after each epoch.",
            rich_help_panel=LOOKING,
        ),
    ] = None
    tensorboard: Annotated[
        bool, typer.Option(help="Write events for TensorBoard into the run's folder.", rich_help_panel=LOOKING)
    ] = True

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
