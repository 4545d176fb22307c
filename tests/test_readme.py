"""The README names every option and setting there is, and no other; and its JSON example is what is really printed."""

import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Settings

README = Path("README.md").read_text("utf-8")


def test_every_setting_of_the_bot_stands_in_the_readme() -> None:
    for name in Settings.model_fields:
        assert f"| `{name.upper()}` |" in README


def options_said(command: str) -> dict[str, str]:
    """Each option in the table of a command, with its default."""
    start = README.index(f"| option of `{command}` |")
    table = README[start : README.index("\n\n", start)].replace("\\|", "/")
    return {
        option: default
        for option, default in re.findall(r"^\| `(--[a-z-]+)[^|]*\| *`?([^|`]*?)`? *\|", table, re.MULTILINE)
    }


def commands() -> dict[str, Callable[..., None]]:
    from training.__main__ import main as train
    from training.evaluate.__main__ import main as evaluate

    return {"python -m training": train, "python -m training.evaluate": evaluate}


@pytest.mark.parametrize("command", ["python -m training", "python -m training.evaluate"])
def test_every_option_of_a_command_stands_in_the_readme_with_its_default(command: str) -> None:
    said = options_said(command)
    parameters = dict(inspect.signature(commands()[command]).parameters)
    parameters.pop("bundle", None)  # an argument
    options = {"--" + name.replace("_", "-"): parameter.default for name, parameter in parameters.items()}
    for on in [option for option, default in options.items() if default is True]:
        options[f"--no-{on[2:]}"] = options.pop(on)
    assert options.keys() == said.keys()
    for option, default in options.items():
        if said[option] and isinstance(default, (int, float, Path)) and not isinstance(default, bool):
            assert str(default) == said[option]


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


def test_every_setting_of_the_page_stands_in_the_readme_with_its_default() -> None:
    from web.settings import Settings as WebSettings

    for name, field in WebSettings.model_fields.items():
        row = re.search(rf"^\| [^|]*`{name.upper()}`[^|]* \| ([^|]+) \|", README, re.MULTILINE)
        assert row, name
        if isinstance(field.default, (bool, int, str)) and field.default != "":
            assert str(field.default).lower() in row[1].lower()


def example(language: str, word: str) -> str:
    """The README's code block in a language, with a word in it."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return next(block for block in blocks if word in block)


@pytest.mark.parametrize(
    ("language", "word", "command", "printed"),
    [
        ("sh", "curl", ["bash", "-euc"], '"label":"with_mask"'),
        ("python", "httpx", [sys.executable, "-c"], "with_mask ["),
        ("js", "fetch(", ["node", "--input-type=module", "--eval"], "with_mask\n"),
    ],
    ids=["curl", "Python", "JavaScript"],
)
def test_each_example_of_the_api_runs(
    tmp_path: Path, language: str, word: str, command: list[str], printed: str
) -> None:
    from model import Classifier
    from tests.masks import masked
    from tests.web.serving import served

    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    masked().save(tmp_path / "holiday.jpg", quality=90)
    with served({"face-masks": Classifier.open()}) as address:
        code = example(language, word).replace("http://127.0.0.1:8000", address)
        result = subprocess.run(
            [*command, code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
    assert result.returncode == 0, result.stderr
    assert printed in result.stdout
