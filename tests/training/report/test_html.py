"""A page is one file that needs no other, shows what it is given as text, and reads in a light and a dark room."""

import re
from pathlib import Path

from PIL import Image

from training.evaluate.calibration import Share
from training.report.html import INK, Picture, Pictures, Plot, Section, Table, Text, Tile, Tiles, figure, write_page


def page(folder: Path, *sections: Section, title: str = "A title", lead: str = "A lead.") -> str:
    write_page(folder / "page.html", title, lead, sections)
    return (folder / "page.html").read_text("utf-8")


def test_pictures_are_inside_the_page_and_nothing_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    pictures = Pictures([Picture(Image.new("RGB", (20, 20), "red"), "a red one", "wrong")])
    written = page(tmp_path, Section("Pictures", [pictures]))
    assert re.findall(r'src="([^"]{22})', written) == ["data:image/jpeg;base64"]
    assert "a red one" in written and "wrong" in written
    assert not re.search(r'(src|href)="(http|/|\w+\.)|<script|@import|url\(', written)


def test_whatever_a_name_holds_is_shown_as_text(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    blocks = [Text(bad), Table([bad], [[bad, bad]]), Tiles([Tile(bad, bad, bad)])]
    written = page(tmp_path, Section(bad, blocks), title=bad, lead=bad)
    assert "<script" not in written and "&lt;script&gt;" in written


def test_a_share_shows_its_value_its_count_and_its_interval_as_a_bar(tmp_path: Path) -> None:
    written = page(
        tmp_path, Section("Shares", [Table(["", "right"], [["cats", Share(90, 100)], ["dogs", Share(0, 0)]])])
    )
    assert "90.0%<small>" in written and "of 100" in written
    assert "left: 82.6%; right: 5.5%" in written
    assert "<td>none</td>" in written


def test_a_plot_takes_the_colour_of_the_text_around_it(tmp_path: Path) -> None:
    drawing = figure()
    drawing.axes[0].plot([0, 1], [0, 1], color=INK)
    drawing.axes[0].set(xlabel="epochs")
    written = page(tmp_path, Section("Plots", [Plot(drawing, "how it went")]))
    assert "<svg" in written and "currentColor" in written and INK not in written
    assert "epochs" in written and "how it went" in written


def test_sections_without_anything_in_them_are_left_out(tmp_path: Path) -> None:
    written = page(tmp_path, Section("Here", [Text("something")]), Section("Not here", []))
    assert "Here" in written and "Not here" not in written
    assert "prefers-color-scheme: dark" in written and "width=device-width" in written
