"""The picture of the README: how long a photo takes and how many are answered a second, ours beside what is common."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

OURS, OTHERS = "#2e7d32", "#9e9e9e"
PANELS = {
    "One photo, median, ms\n(ours finds faces first)": {
        "learn.predict": "learn.predict, p50",
        "learn.get_preds": "learn.get_preds, p50",
        "ours on fastai": "ours on fastai, p50",
        "ours": "ours on ONNX, p50",
    },
    "A bot's photos a second": {
        "the tutorial's bot": "the tutorial's bot, photos a second",
        "ours": "our bot, photos a second",
    },
    "An API's photos a second, 8 clients": {
        "Gradio": "Gradio, 8 clients",
        "LitServe": "LitServe, 8 clients",
        "ours": "our API, 8 clients",
    },
    "A bot's memory, MB": {"the tutorial's bot": "the tutorial's bot, memory", "ours": "our bot, memory"},
}


def draw(sections: list[dict[str, Any]], file: Path) -> None:
    """Draw the figures that have a place in the picture; what was not measured stays empty."""
    measured = {figure["what"]: figure["value"] for section in sections for figure in section["figures"]}
    picture = Figure(figsize=(10, 5), layout="constrained")
    for axes, (title, bars) in zip(picture.subplots(2, 2).flat, PANELS.items(), strict=True):
        values = {name: value_of(measured, what) for name, what in bars.items()}
        drawn = axes.barh(list(values), list(values.values()), color=[OTHERS] * (len(values) - 1) + [OURS])
        axes.bar_label(drawn, fmt="%.3g", padding=3)
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.set_xticks([])
        axes.margins(x=0.15)
    picture.savefig(file, dpi=110)


def value_of(measured: dict[str, float], what: str) -> float:
    """The figure whose name begins so; 0 if there is none."""
    return next((value for name, value in measured.items() if name.startswith(what)), 0.0)
