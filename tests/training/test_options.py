"""Options come from the command line and from files, and what ran is written down so that it can be run again."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import training.command as command
from training.__main__ import app
from training.config_file import read_options, write_options
from training.options import Options
from training.run_folder import RunError, last_run, new_run


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Options]:
    """What would have been run, in a folder of its own."""
    seen: list[Options] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "run", lambda options, *_: seen.append(options))
    return seen


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "data: [cats, dogs]\nepochs: 3\nlr: 0.004\nbatch-size: 16\npretrained: false\n"),
        ("a.toml", 'data = ["cats", "dogs"]\nepochs = 3\nlr = 0.004\nbatch_size = 16\npretrained = false\n'),
    ],
)
def test_a_file_of_options_is_taken_and_the_command_line_counts_more(
    name: str, text: str, chosen: list[Options]
) -> None:
    Path(name).write_text(text, "utf-8")
    assert run("--config", name, "--epochs", "5").exit_code == 0
    [options] = chosen
    assert (options.data, options.epochs) == ([Path("cats"), Path("dogs")], 5)
    assert (options.lr, options.batch_size, options.pretrained) == ("0.004", 16, False)
    settings = options.settings(faces=False, photos=100)
    assert settings.lr == 0.004 and settings.batch_size == 16


def test_what_is_written_down_is_the_same_when_it_is_read(chosen: list[Options]) -> None:
    given = (
        "--data cats --skip a*.jpg --skip b*.jpg --lr auto --no-tensorboard --plateau 2 --plateau-min 1e-7 --name Été"
    )
    assert run(*given.split()).exit_code == 0
    write_options(chosen[0], Path("kept.yaml"), lr=0.003)
    assert run("--config", "kept.yaml").exit_code == 0
    first, second = chosen
    assert second.lr == "0.003"
    assert second == Options(**{**vars(first), "lr": "0.003", "config": Path("kept.yaml")})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("epoch: 3", "unknown option epoch. Did you mean epochs?"),
        ("epochs: many", "Invalid value for '--epochs'"),
        ("size: 5", "Invalid value for '--size'"),
        ("faces: perhaps", "Invalid value for '--faces'"),
        ("- epochs", "is not an options file: write one option per line, such as epochs: 6."),
        ("epochs: [", "is not an options file"),
        ("resume: true", "unknown option resume."),
    ],
)
def test_what_is_wrong_in_a_file_is_said(text: str, line: str, chosen: list[Options]) -> None:
    Path("wrong.yaml").write_text(text, "utf-8")
    result = run("--config", "wrong.yaml")
    assert result.exit_code == 2 and not chosen
    assert line in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("option", "value"),
    [("--lr", "fast"), ("--lr", "-1"), ("--save-every", "0"), ("--save-every", "day"), ("--metric", "accuracy")],
)
def test_a_value_that_means_nothing_is_refused(option: str, value: str, chosen: list[Options]) -> None:
    result = run("--data", "photos", option, value)
    assert result.exit_code == 2 and option in result.output and not chosen


def test_a_run_takes_the_options_of_the_one_it_goes_on_with(chosen: list[Options]) -> None:
    assert run("--data", "cats", "--epochs", "3").exit_code == 0
    write_options(chosen[0], Path("runs/first/options.yaml"))
    assert run("--resume", "--epochs", "8").exit_code == 0
    assert (chosen[1].data, chosen[1].epochs, chosen[1].resume) == ([Path("cats")], 8, True)


def test_a_new_run_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    first = new_run(None)
    assert re.fullmatch(r"runs/\d{4}-\d\d-\d\d-\d{6}", str(first))
    first.mkdir(parents=True)
    assert new_run(None) != first
    (first / "last.pth").touch()
    with pytest.raises(RunError, match=r"already holds a run: resume it with --resume"):
        new_run(first)
    with pytest.raises(RunError, match="There is no run in runs to resume"):
        last_run(None)


def test_no_secret_is_written_down(chosen: list[Options]) -> None:
    assert run("--data", "cats", "--notify", "tgram://123456:SECRET/42").exit_code == 0
    write_options(chosen[0], Path("kept.yaml"))
    assert "SECRET" not in Path("kept.yaml").read_text("utf-8")
    assert "notify" not in yaml.safe_load(Path("kept.yaml").read_text("utf-8"))
    assert "notify" not in read_options(Path("kept.yaml"))


def test_help_shows_every_option_in_its_panel() -> None:
    output = run("--help").output
    for panel in (
        "Photos",
        "Result",
        "Network and training",
        "Learning rate and stopping",
        "Run and resume",
        "Metrics and monitoring",
    ):
        assert re.search(rf"─ {panel}", output)
    for name in Options.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in output
