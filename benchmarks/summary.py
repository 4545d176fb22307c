"""Writes the README's table, our figures beside the common way, between two marks, so that no figure is typed by hand."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.figures import rounded, with_unit

BEGIN, END = "<!-- `python -m benchmarks` writes this table. -->", "<!-- Here it ends. -->"
HEAD = ("| | ours | instead | `python -m benchmarks.` |", "|---|---|---|---|")
ROWS = (  # what, ours, instead, and the benchmark; in braces, how a figure's name begins, and its note with `:note`
    (
        "one photo, from bytes to answer, median",
        "**{ours on ONNX, p50}**, including face detection",
        "`learn.predict` {learn.predict, p50}, at the tutorials' 224 pixels {learn.predict, 224 pixels, p50}; no face detection",
        "photo",
    ),
    (
        "photos per second in one process",
        "{many photos, 1 core} on one core, **{many photos, 2 cores}** on two",
        "",
        "many",
    ),
    (
        "a bot's reply, median and p99",
        "**{our bot, one photo, p50}**, {our bot, one photo, p99}",
        "{the tutorial's bot, one photo, p50}, {the tutorial's bot, one photo, p99}",
        "reply",
    ),
    (
        "a bot's photos per second, 200 sent at once",
        "**{our bot, photos per second}**",
        "{the tutorial's bot, photos per second}",
        "reply",
    ),
    (
        "a bot's start to its first answer",
        "**{our bot, start to first answer}**",
        "{the tutorial's bot, start to first answer}",
        "reply",
    ),
    ("a bot's memory after that", "**{our bot, memory}**", "{the tutorial's bot, memory}", "reply"),
    (
        "an API's photos per second, 1, 8 and 32 clients",
        "**{our API, 1 client}, {our API, 8 clients}, {our API, 32 clients}**",
        "Gradio {Gradio, 1 client}, {Gradio, 8 clients}, {Gradio, 32 clients}; "
        "LitServe {LitServe, 1 client}, {LitServe, 8 clients}, {LitServe, 32 clients}",
        "web_rivals",
    ),
    (
        "training, and accuracy on held-out photos",
        "**{our training, from photos to a bundle}**, {our training, accuracy on held-out photos}",
        "{the tutorials' recipe}, {the tutorials' recipe, accuracy on held-out photos}",
        "train",
    ),
    (
        "CPU time of a photo after many thousand, relative to the first ones",
        "{a small photo, the last part}, {a small photo, the last part:note}",
        "",
        "flat",
    ),
    (
        "fresh clone, `make run`, first answer",
        "{fresh clone to first answer}, {fresh clone, installed} installed",
        "",
        "fresh",
    ),
    ("slug, packed", "{slug, packed}; {slug, packed:note}", "", "slug"),
)

Figure = Mapping[str, Any]


def table(sections: Sequence[Mapping[str, Any]]) -> str:
    """The table in Markdown; a row is left out where ours was not measured."""
    figures = [figure for section in sections for figure in section["figures"]]
    lines = list(HEAD)
    for what, ours, instead, benchmark in ROWS:
        if all(find(figures, name) for name, _ in PLACE.findall(ours)):
            ours, instead = (PLACE.sub(lambda place: shown(figures, place), cell) for cell in (ours, instead))
            lines.append(f"| {what} | {ours} | {instead} | `{benchmark}` |")
    return "\n".join(lines)


PLACE = re.compile(r"\{(.+?)(:note)?\}")


def find(figures: Sequence[Figure], name: str) -> Figure | None:
    """The figure of that name, or else the first whose name begins so."""
    exactly = (figure for figure in figures if figure["what"] == name)
    return next(exactly, None) or next((figure for figure in figures if figure["what"].startswith(name)), None)


def shown(figures: Sequence[Figure], place: re.Match[str]) -> str:
    """A figure with its unit, or its note; a dash without it. What is counted by the second has no unit: its row says so."""
    figure = find(figures, place[1])
    if figure is None:
        return "–"
    if place[2]:
        return str(figure["note"])
    return rounded(figure["value"]) if figure["unit"] == "/s" else with_unit(figure)


def put(text: str, sections: Sequence[Mapping[str, Any]]) -> str:
    """A text with the table between its marks.

    Raises:
        ValueError: the text lacks the marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The README lacks the marks of the table: {BEGIN} {END}")
    return f"{before}{begin}\n\n{table(sections)}\n\n{end}{after}"
