"""The picture of the README: what people wait for and what a machine holds, ours beside what is common."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.figures import rounded
from benchmarks.summary import find

OURS, ALSO_OURS, OTHERS = "#1b7f3b", "#a5d3b1", "#b8b8b8"
LESS, MORE = "less", "more"
TIMES = {
    "ms": "as fast",
    "s": "as fast",
    "MB": "lighter",
    "photos per second": "as many",
}  # said of ours, after how many
SLOTS = 3  # bars that a panel has room for
PANELS = (  # title, unit, which is better, and the bars: ours, what else is ours, and what is common
    (
        "One photo, from bytes to answer",
        "ms",
        LESS,
        {
            "ours, each face": "ours on ONNX, p50",
            "ours, whole photo": "ours on ONNX, no face detection, p50",
            "learn.predict,\nwhole photo": "learn.predict, p50",
        },
    ),
    (
        "A bot's reply",
        "ms",
        LESS,
        {"ours": "our bot, one photo, p50", "the tutorial's": "the tutorial's bot, one photo, p50"},
    ),
    (
        "A bot, 200 photos at once",
        "photos per second",
        MORE,
        {"ours": "our bot, photos per second", "the tutorial's": "the tutorial's bot, photos per second"},
    ),
    (
        "A bot's start to its first answer",
        "s",
        LESS,
        {"ours": "our bot, start to first answer", "the tutorial's": "the tutorial's bot, start to first answer"},
    ),
    (
        "A bot's memory after 400 photos",
        "MB",
        LESS,
        {"ours": "our bot, memory", "the tutorial's": "the tutorial's bot, memory"},
    ),
    (
        "A web API, 8 clients",
        "photos per second",
        MORE,
        {"ours": "our API, 8 clients", "Gradio": "Gradio, 8 clients", "LitServe": "LitServe, 8 clients"},
    ),
)


def draw(sections: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Draw the figures that have a place in the picture; what was not measured has no bar."""
    measured = [figure for section in sections for figure in section["figures"]]
    picture = Figure(figsize=(12, 5.6), layout="constrained")
    picture.get_layout_engine().set(h_pad=0.12, w_pad=0.1)  # type: ignore[union-attr, call-arg]
    picture.suptitle("The same network on the same machine: ours, and what the tutorials build", fontsize=13)
    for axes, (title, unit, better, bars) in zip(picture.subplots(2, 3).flat, PANELS, strict=True):
        found = {name: figure["value"] for name, what in bars.items() if (figure := find(measured, what))}
        draw_panel(axes, title, unit, better, found)
    picture.savefig(file, dpi=110)


def draw_panel(axes: Axes, title: str, unit: str, better: str, values: Mapping[str, float]) -> None:
    """Draw bars, the first of them, ours, on top."""
    colors = [
        OURS if not place else ALSO_OURS if name.startswith("ours") else OTHERS for place, name in enumerate(values)
    ]
    drawn = axes.barh(list(values), list(values.values()), color=colors, height=0.7)
    labels = [rounded(value) for value in values.values()]
    if labels:
        axes.bar_label(drawn, [labels[0] + advantage(values, unit, better), *labels[1:]], padding=4, fontsize=11)
        axes.get_yticklabels()[0].set_fontweight("bold")
        axes.set_xlim(0, max(values.values()) * (1.65 if better == MORE else 1.3))
    axes.set_ylim(SLOTS - 0.5, -0.5)
    axes.set_title(title, fontsize=11.5, fontweight="bold", loc="left", pad=22)
    axes.text(0, 1.04, f"{unit}, {better} is better", transform=axes.transAxes, fontsize=9.5, color="#555555")
    axes.spines[["top", "right", "bottom", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])


def advantage(values: Mapping[str, float], unit: str, better: str) -> str:
    """How many times better ours is than the best of the others, in words; nothing where it is not."""
    ours, *others = [
        value for name, value in values.items() if name == next(iter(values)) or not name.startswith("ours")
    ]
    if not others:
        return ""
    times = min(others) / ours if better == LESS else ours / max(others)
    return f"   {times:.1f} x {TIMES[unit]}" if times >= 1.05 else ""
