"""The options of `python -m training`: their names, types, defaults and help, in one place.

Knows nothing of training. `takes_options` makes a command of them; `training.config_file` reads them from files.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from training.fit.settings import Quality, Recipe, Settings, fitting
from training.option_types import function, how_often, how_often_to_push, rate, regular_expression

DEFAULTS = Settings()
PHOTOS, RESULT, NETWORK = "Photos", "Result", "Network and training"
RATE, RUN, LOOKING = "Learning rate and stopping", "Run and resume", "Metrics and monitoring"
TELLING = "Notifications and sharing"


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
        many(
            PHOTOS,
            "A folder that holds one folder of photos per label, or a zip or tar of that. May be given several times.",
            metavar="DIR",
        ),
    ] = field(default_factory=list)
    boxes: Annotated[
        list[Path],
        many(
            PHOTOS,
            "Whole photographs to train on as well: a file with the columns photo, left, top, right, bottom (pixels), label, beside its photos. May be given several times.",
            metavar="CSV",
        ),
    ] = field(default_factory=list)
    label_from: Annotated[
        str | None,
        one(
            PHOTOS,
            "Take each photo's label from its path below DIR: the first group of this pattern, such as '^(cat|dog)'.",
            metavar="REGEX",
            callback=regular_expression,
        ),
    ] = None
    labels: Annotated[
        list[Path],
        many(
            PHOTOS,
            "Take the labels from this table (CSV or JSON Lines): a column filename, a column label, perhaps a column split. May be given several times.",
            metavar="FILE",
        ),
    ] = field(default_factory=list)
    faces: Annotated[
        Literal["auto", "yes", "no"],
        one(
            PHOTOS, "Find and classify each face, or classify the whole photo; auto decides by looking at some photos."
        ),
    ] = "auto"
    valid: Annotated[
        float,
        one(
            PHOTOS,
            "Share of the photos (without the test photos) used for validation: everything is chosen on them.",
            metavar="SHARE",
            min=0.01,
            max=0.9,
        ),
    ] = 0.15
    test: Annotated[
        float | None,
        one(
            PHOTOS,
            "Share of the photos held out as the test set, which chooses nothing; 0: cross-validate instead. By default 0.2, "
            "or 0 with fewer than 1,000 photos if nothing is fine-tuned.",
            metavar="SHARE",
            min=0,
            max=0.9,
        ),
    ] = None
    hold_out: Annotated[
        Path | None,
        one(
            PHOTOS,
            "Put every picture of the photographs in this folder into the test set, matched by --group-by.",
            metavar="DIR",
        ),
    ] = None
    group_by: Annotated[
        str | None,
        one(
            PHOTOS,
            "Keep photos together on one side of the split if the first group of this pattern is the same in their file names.",
            metavar="REGEX",
            callback=regular_expression,
        ),
    ] = None
    skip: Annotated[
        list[str],
        many(PHOTOS, "File names to leave out, such as 'augmented_*'. May be given several times.", metavar="GLOB"),
    ] = field(default_factory=list)
    keep_copies: Annotated[
        bool,
        one(PHOTOS, "Take photos that look alike for different photos.", names=("--keep-copies",)),
    ] = False
    from_taught: Annotated[
        Path | None,
        one(
            PHOTOS,
            "Also learn from what the bot was taught: the zip that /export gives, whose labels must be among those of the photos.",
            names=("--from-taught", "--from"),
            metavar="FILE",
        ),
    ] = None
    cache: Annotated[Path, one(PHOTOS, "Where cropped photos are cached between runs.", metavar="DIR")] = Path(
        "runs/pictures"
    )

    out: Annotated[
        Path,
        one(RESULT, "The bundle's folder; an existing bundle is replaced only if everything succeeds.", metavar="DIR"),
    ] = Path("bundle")
    name: Annotated[str, one(RESULT, "The bundle's name; by default, its labels.", metavar="TEXT")] = ""
    words: Annotated[
        str | None,
        one(
            RESULT,
            "Names that the bot uses for the labels, such as False=dog,True=cat.",
            metavar="LABEL=NAME,...",
        ),
    ] = None
    card_notes: Annotated[
        Path | None,
        one(RESULT, "Your own text for the model card, under headings such as '## What was tried'.", metavar="FILE"),
    ] = None

    recipe: Annotated[
        Recipe,
        one(
            NETWORK,
            "auto: a linear head on the frozen backbone's features, then fine-tuning where it helps; fastai: fine_tune, as "
            "in fastai's book.",
        ),
    ] = DEFAULTS.recipe
    quality: Annotated[
        Quality,
        one(NETWORK, "fast: only the linear head; best: also fine-tune when there are few photos, and for longer."),
    ] = "good"
    minutes: Annotated[
        float | None,
        one(NETWORK, "Time to aim for; reading and measuring many photos may take longer.", metavar="N", min=0.1),
    ] = None
    arch: Annotated[
        str | None,
        one(NETWORK, "Backbone: a timm or torchvision name; by default, what fits the photos.", metavar="NAME"),
    ] = None
    weights: Annotated[
        Path | None, one(NETWORK, "File of backbone weights, instead of downloading them.", metavar="FILE")
    ] = None
    pretrained: Annotated[bool, one(NETWORK, "Start from pretrained weights.")] = DEFAULTS.pretrained
    size: Annotated[
        int | None,
        one(
            NETWORK,
            "Side of the network's input in pixels; by default, what fits the photos.",
            metavar="PIXELS",
            min=32,
            max=1024,
        ),
    ] = None
    epochs: Annotated[
        int | None,
        one(NETWORK, "Epochs of fine-tuning; 0: none. By default, what fits the photos.", metavar="N", min=0),
    ] = None
    batch_size: Annotated[int | None, one(NETWORK, "Photos per step; by default 16 to 64.", metavar="N", min=2)] = None
    mirror: Annotated[
        bool, one(NETWORK, "A photo's mirror image has the same label; use --no-mirror if it may have another.")
    ] = DEFAULTS.mirror
    seed: Annotated[int, one(NETWORK, "Seed of every random choice.", metavar="N")] = DEFAULTS.seed

    lr: Annotated[
        str | None,
        one(
            RATE,
            "Base learning rate, by default the recipe's; auto looks for one with fastai's finder.",
            metavar="RATE|auto",
            callback=rate,
        ),
    ] = None
    monitor: Annotated[
        str,
        one(
            RATE,
            "The column that decides which model is best and whether training still improves. Lower is better if its name contains loss or error; otherwise higher is.",
            metavar="COLUMN",
        ),
    ] = "valid_loss"
    plateau: Annotated[
        int,
        one(
            RATE,
            "Lower the learning rate after N epochs without improvement, instead of following a schedule; 0: never.",
            min=0,
            metavar="EPOCHS",
        ),
    ] = 0
    plateau_factor: Annotated[
        float, one(RATE, "Factor that --plateau divides the learning rate by.", metavar="N", min=1.01)
    ] = 10.0
    plateau_min: Annotated[
        float, one(RATE, "Lowest learning rate that --plateau goes down to.", min=0, metavar="RATE")
    ] = 1e-06
    patience: Annotated[
        int, one(RATE, "Stop after N epochs without improvement; 0: never.", min=0, metavar="EPOCHS")
    ] = 0
    min_change: Annotated[
        float,
        one(RATE, "Smallest change that counts as an improvement, for --plateau and --patience.", metavar="N", min=0),
    ] = 0.0

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
        one(RUN, "Resume the run in --run (by default the latest in runs/) with its options.", names=("--resume",)),
    ] = False
    save_every: Annotated[
        str, one(RUN, "How often to write what --resume needs.", metavar="epoch|STEPS|no", callback=how_often)
    ] = "epoch"
    config: Annotated[
        Path | None,
        one(
            RUN,
            "A YAML or TOML file of options, such as a run's options.yaml; the command line takes precedence.",
            metavar="FILE",
        ),
    ] = None

    notify: Annotated[
        list[str],
        many(
            TELLING,
            "Where to send messages: an Apprise URL such as tgram://TOKEN/CHAT, or a file of them. May be given several times; NOTIFY_URLS in the environment or in .env is read too.",
            metavar="URL|@FILE",
        ),
    ] = field(default_factory=list)
    notify_every: Annotated[
        int,
        one(
            TELLING, "Send a message every N epochs as well; 0: only at the start and the end.", min=0, metavar="EPOCHS"
        ),
    ] = 0
    push_to_hub: Annotated[
        str | None,
        one(
            TELLING,
            "Upload the bundle to the Hugging Face Hub; needs HF_TOKEN in the environment.",
            metavar="USER/REPO",
        ),
    ] = None
    push_every: Annotated[
        str,
        one(
            TELLING,
            "How often to upload the model during training.",
            metavar="epoch|STEPS|end",
            callback=how_often_to_push,
        ),
    ] = "end"
    push_checkpoints: Annotated[
        bool, one(TELLING, "Also upload what --resume needs, as checkpoints/.", names=("--push-checkpoints",))
    ] = False

    metric: Annotated[
        list[str],
        many(
            LOOKING,
            "Your own metric. It gets the probabilities (photos, labels) and the true label indices (photos,) of all held-out photos as NumPy arrays, and returns a number or a dict of numbers. May be given several times.",
            metavar="MODULE:FUNCTION",
            callback=function,
        ),
    ] = field(default_factory=list)
    eval_data: Annotated[
        Path | None,
        one(
            LOOKING,
            "A second set of photos, in folders like --data, to evaluate after each epoch; --label-from holds for it, too.",
            metavar="DIR",
        ),
    ] = None
    eval_labels: Annotated[
        list[Path],
        many(
            LOOKING,
            "A table with the labels of --eval-data, like --labels. May be given several times.",
            metavar="FILE",
        ),
    ] = field(default_factory=list)
    tensorboard: Annotated[bool, one(LOOKING, "Write events for TensorBoard into the run's folder.")] = True

    def settings(self, faces: bool, photos: int) -> Settings:
        """The recipe's part of them, as it fits the photos; its learning rate is the default one while it is to be found.

        Args:
            faces: whether faces are classified instead of whole photos.
            photos: how many there are to learn from.
        """
        chosen = {known.name: getattr(self, known.name) for known in fields(Settings) if hasattr(self, known.name)}
        lr = float(self.lr) if self.lr not in (None, "auto") else None
        return fitting(photos, faces, self.quality, **chosen | {"lr": lr})


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
