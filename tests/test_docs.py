"""The docs name every option, setting and file there is, and no other; commands, links and examples in them work."""

import importlib.util
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Settings as BotSettings
from web.settings import Settings as WebSettings

PAGES = {
    str(page): page.read_text("utf-8") for page in [Path("README.md"), Path("SECURITY.md"), *Path("docs").glob("*.md")]
}
DEPLOY, TRAIN, WEB = (PAGES[f"docs/{name}.md"] for name in ("deploy", "train", "web"))


def commands() -> dict[str, Callable[..., None]]:
    from training.__main__ import main as train
    from training.clean.__main__ import main as clean
    from training.evaluate.__main__ import main as evaluate

    return {"python -m training": train, "python -m training.clean": clean, "python -m training.evaluate": evaluate}


def documented_options(command: str) -> dict[str, str]:
    """Each option in the table of a command, with its default."""
    start = TRAIN.index(f"| option of `{command}` |")
    table = TRAIN[start : TRAIN.index("\n\n", start)].replace("\\|", "/")
    return dict(re.findall(r"^\| `(--[a-z-]+)[^|]*\| *`?([^|`]*?)`? *\|", table, re.MULTILINE))


@pytest.mark.parametrize("command", ["python -m training", "python -m training.clean", "python -m training.evaluate"])
def test_every_option_of_a_command_is_documented_with_its_default(command: str) -> None:
    documented = documented_options(command)
    parameters = dict(inspect.signature(commands()[command]).parameters)
    for argument in ("bundle", "folder"):
        parameters.pop(argument, None)
    options = {"--" + name.replace("_", "-"): parameter.default for name, parameter in parameters.items()}
    for on in [option for option, default in options.items() if default is True]:
        options[f"--no-{on[2:]}"] = options.pop(on)
    assert options.keys() == documented.keys()
    for option, default in options.items():
        if documented[option] and isinstance(default, (int, float, Path)) and not isinstance(default, bool):
            assert str(default) == documented[option]


def documented_settings(intro: str) -> dict[str, str]:
    """Each setting in the table below a line, with its default."""
    rows = re.findall(
        r"^\| (`[A-Z][^|]*) \| ([^|]+) \|",
        DEPLOY.partition(intro)[2].partition("\n\n| ")[2].partition("\n\n")[0],
        re.MULTILINE,
    )
    return {
        name.strip("`"): default.strip("`")
        for names, defaults in rows
        for name, default in zip(names.split(", "), defaults.split(", ") if ", " in names else [defaults], strict=True)
    }


def test_every_setting_of_the_bot_is_documented_with_its_default() -> None:
    documented = documented_settings("For the bot:")
    assert documented.keys() == {name.upper() for name in BotSettings.model_fields}
    for name, field in BotSettings.model_fields.items():
        if isinstance(field.default, (int, str)) and field.default != "":
            assert documented[name.upper()] == str(field.default)


def test_every_setting_of_the_page_is_documented_with_its_default() -> None:
    shared = {"WEBHOOK_URL", "MODEL_RUNTIME", "LOG_LEVEL"}
    documented = documented_settings("For the [page and API]")
    assert documented.keys() | shared == {name.upper() for name in WebSettings.model_fields}
    assert shared <= documented_settings("For the bot:").keys()
    for name, field in WebSettings.model_fields.items():
        if isinstance(field.default, (bool, int, str)) and field.default != "" and name.upper() not in shared:
            assert documented[name.upper()] == str(field.default).replace("True", "true").replace("False", "false")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_in_the_docs_exists(page: str) -> None:
    targets = re.findall(r"^([a-z]+):", Path("Makefile").read_text("utf-8"), re.MULTILINE)
    for module in re.findall(r"python -m ((?:bot|model|web|training|localchat|benchmarks)[a-z_.]*)", PAGES[page]):
        name = module.rstrip(".")
        found = importlib.util.find_spec(name)
        assert found, name
        assert not found.submodule_search_locations or importlib.util.find_spec(f"{name}.__main__"), name
    for target in re.findall(r"^(?:[A-Z_]+=\S+ )?make ([a-z]+)|`make ([a-z]+)", PAGES[page], re.MULTILINE):
        assert "".join(target) in targets


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    ("page", "link"),
    [
        (page, link)
        for page, text in PAGES.items()
        for link in re.findall(r"\]\(([^)\s]+)\)", text)
        if "://" not in link
    ],
)
def test_every_relative_link_leads_somewhere(page: str, link: str) -> None:
    file, _, anchor = link.partition("#")
    target = Path(page).parent / file if file else Path(page)
    assert target.exists()
    assert not anchor or anchor in anchors(target)


def test_the_json_example_has_the_shape_that_the_model_prints() -> None:
    from model import Classifier
    from tests.masks import masked

    example = json.loads(re.search(r"```json\n(.*?)\n```", WEB, re.DOTALL)[1])  # type: ignore[index]
    printed = {"photo": "holiday.jpg", **Classifier.open().predict(masked()).as_json()}
    assert printed.keys() == example.keys()
    assert printed["faces"][0].keys() == example["faces"][0].keys()
    assert printed["faces"][0]["probabilities"].keys() == example["faces"][0]["probabilities"].keys()


def test_the_sample_photo_is_classified_as_the_readme_says() -> None:
    from model import Classifier

    (face,) = Classifier.open().predict(Path("docs/sample.jpg").read_bytes()).faces
    assert f"docs/sample.jpg: 1 face: {face.label} " in PAGES["README.md"]


def example(language: str, word: str) -> str:
    """The code block in a language with a word in it."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", WEB, re.DOTALL)
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
