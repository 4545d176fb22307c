"""A page that shows figures and pictures and needs no other file: everything is inside it.

Knows nothing of what it shows. A page is sections, a section is blocks: `Text`, `Tiles`, `Table`, `Plot`, `Pictures`.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure
from PIL import Image

from training.evaluate.calibration import Share

INK = "#010203"  # what a figure draws in this color takes the page's text color, light or dark
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # colors that color-blind people tell apart (Okabe, Ito, 2008)


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = field(default="text", init=False)


@dataclass(frozen=True)
class Tile:
    """One figure, large, with what it is and what it does not say."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Tiles:
    """Figures side by side."""

    tiles: Sequence[Tile]
    kind: str = field(default="tiles", init=False)


@dataclass(frozen=True)
class Table:
    """Rows of texts, numbers and `Share`s, which show their interval as a bar; the first cell of a row is its name.

    `shades` colors cells: 0 to 1 for each cell behind the name of each row, negative for a color that warns.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    shades: Sequence[Sequence[float]] | None = None
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Plot:
    """A figure of matplotlib (see `figure`), with what it shows in words."""

    drawing: Figure
    caption: str
    kind: str = field(default="plot", init=False)

    def svg(self) -> Markup:
        file = io.StringIO()
        self.drawing.savefig(file, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
        drawn = file.getvalue()
        return Markup(drawn[drawn.index("<svg") :].replace(INK, "currentColor"))


@dataclass(frozen=True)
class Picture:
    """A picture with a line or two below it; `alert` marks the second."""

    image: Image.Image
    caption: str
    alert: str = ""

    def uri(self) -> str:
        """The picture as a JPEG inside a URI."""
        file = io.BytesIO()
        self.image.convert("RGB").save(file, "JPEG", quality=82)
        return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


@dataclass(frozen=True)
class Pictures:
    """Pictures in rows."""

    pictures: Sequence[Picture]
    kind: str = field(default="pictures", init=False)


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Sequence[Text | Tiles | Table | Plot | Pictures]


def figure(width: float = 5.6, height: float = 3.7) -> Figure:
    """An empty figure, in inches, whose texts and lines are drawn in the page's text color."""
    import matplotlib as mpl

    ink = dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK)
    style = ink | {
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        drawing = Figure(figsize=(width, height), layout="constrained")
        drawing.add_subplot()
    return drawing


def write_page(file: Path, title: str, lead: str, sections: Sequence[Section]) -> None:
    """Write the page into one HTML file.

    Args:
        file: replaced if it is there.
        title: of the page.
        lead: a sentence or two below the title.
        sections: those without blocks are left out.
    """
    rooms = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    rooms.tests["share"] = lambda cell: isinstance(cell, Share)
    shown = [section for section in sections if section.blocks]
    page = rooms.get_template("page.html").render(title=title, lead=lead, sections=shown)
    file.write_text(page, "utf-8", errors="replace")  # names of files need not be UTF-8
