"""The README names every option and setting there is, and no other; and its JSON example is what is really printed."""

import inspect
import json
import re
from pathlib import Path

import pytest

from bot.settings import Settings

README = Path("README.md").read_text("utf-8")


def test_every_setting_of_the_bot_stands_in_the_readme() -> None:
    for name in Settings.model_fields:
        assert f"| `{name.upper()}` |" in README


def test_every_option_of_training_stands_in_the_readme() -> None:
    from training.__main__ import main

    options = {"--" + name.replace("_", "-") for name in inspect.signature(main).parameters}
    options = options - {"--pretrained"} | {"--no-pretrained"}
    table = re.findall(r"^\| `(--[a-z-]+)", README, re.MULTILINE)
    assert options == set(table)


def test_defaults_of_training_are_the_ones_the_readme_says() -> None:
    from training.__main__ import main

    for name, parameter in inspect.signature(main).parameters.items():
        option = name.replace("_", "-")
        said = re.search(rf"^\| `--{option} [^|]*?` \| `?([^|`]+)`? \|", README.replace("\\|", "/"), re.MULTILINE)
        if said and isinstance(parameter.default, (int, float, Path)) and not isinstance(parameter.default, bool):
            assert str(parameter.default) == said[1]


def test_the_json_example_has_the_shape_that_the_model_prints() -> None:
    from model import Classifier
    from tests.masks import masked

    example = json.loads(re.search(r"```json\n(.*?)\n```", README, re.DOTALL)[1])  # type: ignore[index]
    printed = {"photo": "holiday.jpg", **Classifier.open().predict(masked()).as_json()}
    assert printed.keys() == example.keys()
    assert printed["faces"][0].keys() == example["faces"][0].keys()
    assert printed["faces"][0]["probabilities"].keys() == example["faces"][0]["probabilities"].keys()


@pytest.mark.parametrize("file", re.findall(r"\]\(([a-z/]+[a-z.-]+)\)", README))
def test_every_file_that_the_readme_links_to_is_there(file: str) -> None:
    assert Path(file).exists()
