"""The README's table says what was measured, and nothing else; the picture says the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.plot import LESS, MORE, PANELS, advantage, draw
from benchmarks.summary import BEGIN, END, PLACE, ROWS, find, put, table

ROOT = Path(__file__).parents[2]


def measured() -> list[dict[str, Any]]:
    sections: list[dict[str, Any]] = json.loads((ROOT / "docs" / "bench.json").read_text("utf-8"))
    return sections


def section(**figures: tuple[float, str]) -> dict[str, Any]:
    said = [{"what": what, "value": value, "unit": unit, "note": "a note"} for what, (value, unit) in figures.items()]
    return {"title": "Some", "figures": said}


def test_the_readme_says_what_was_measured_last() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert readme == put(readme, measured())


def test_every_figure_that_the_table_and_the_picture_name_is_measured() -> None:
    figures = [figure for section in measured() for figure in section["figures"]]
    named = {name for _, ours, instead, _ in ROWS for name, _ in PLACE.findall(ours + instead)}
    named |= {name for *_, bars in PANELS for name in bars.values()}
    missing = {name for name in named if not find(figures, name)}
    on_request = {"our training", "the tutorials' recipe", "the network alone, OpenVINO, bf16"}  # not on every machine
    assert {name for name in missing if not name.startswith(tuple(on_request))} == set()


def test_a_row_has_its_figures_with_their_units_and_what_is_not_measured_has_none() -> None:
    only = [section(**{"slug, packed": (135.61, "MB"), "many photos, 1 core": (54.81, "/s")})]
    assert table(only).splitlines()[2:] == ["| slug, packed | 136 MB; a note |  | `slug` |"]
    assert "54.8 on one core, **1,234**" in table([*only, section(**{"many photos, 2 cores": (1234.5, "/s")})])


def test_what_only_others_lack_is_a_dash() -> None:
    ours = section(**{"our bot, memory": (200.0, "MB")})
    assert "| **200 MB** | – | `reply` |" in table([ours])


def test_the_table_is_put_between_its_marks_and_nowhere_else() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    new = put(text, [])
    assert new.startswith("before\n") and new.endswith("\nafter\n") and "old" not in new
    assert put(new, []) == new
    with pytest.raises(ValueError, match="marks"):
        put("no marks here", [])


def test_the_picture_is_drawn_of_all_of_some_and_of_no_figures(tmp_path: Path) -> None:
    for sections in (measured(), [section(**{"our bot, memory": (200.0, "MB")})], []):
        draw(sections, tmp_path / "bench.png")
        assert Image.open(tmp_path / "bench.png").size > (1000, 500)


def test_ours_is_compared_with_the_best_of_the_others_and_boasts_of_nothing_it_has_not() -> None:
    assert advantage({"ours": 10, "ours too": 1, "a": 30, "b": 20}, "ms", LESS).strip() == "2.0 x as fast"
    assert advantage({"ours": 30, "a": 10, "b": 20}, "photos per second", MORE).strip() == "1.5 x as many"
    assert advantage({"ours": 30, "a": 20}, "ms", LESS) == advantage({"ours": 30}, "ms", LESS) == ""
