"""Reads options from files and writes them to one, so that what ran can be run again.

Knows the options by name only.
"""

import difflib
import tomllib
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer
import yaml
from typer.core import TyperCommand

from training.callbacks.atomic_write import write_whole
from training.options import Options
from training.run_folder import OPTIONS, RunError, last_run

NOT_KEPT = ("run", "resume", "config", "notify")  # each run says its own; addresses hold passwords


class Configured(TyperCommand):
    """A command whose options may stand in a file (`--config`) or in the folder of a run (`--resume`).

    The command line takes precedence over the file, and the file over the run's folder.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = ArgumentParser(add_help=False, allow_abbrev=False)
        first.add_argument("--config", type=Path)
        first.add_argument("--run", type=Path)
        first.add_argument("--resume", action="store_true")
        try:
            said = first.parse_known_args(args)[0]
        except SystemExit:
            return super().parse_args(ctx, args)  # which says what is missing
        try:
            kept = read_options(last_run(said.run) / OPTIONS) if said.resume else {}
            ctx.default_map = kept | (read_options(said.config) if said.config else {})
        except RunError as error:
            raise typer.BadParameter(str(error)) from None
        return super().parse_args(ctx, args)


def read_options(file: Path) -> dict[str, Any]:
    """Options by name from a YAML file, or a TOML file if it ends so.

    Raises:
        RunError: it cannot be read, or holds something that is no option.
    """
    try:
        text = file.read_text("utf-8")
        values = tomllib.loads(text) if file.suffix == ".toml" else yaml.safe_load(text) or {}
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}.") from None
    except (ValueError, yaml.YAMLError) as error:
        raise RunError(f"{file} is not an options file: {' '.join(str(error).split())}.") from None
    if not isinstance(values, dict):
        raise RunError(f"{file} is not an options file: write one option per line, such as epochs: 6.")
    names = [option.name for option in fields(Options) if option.name not in NOT_KEPT]
    options = {str(name).replace("-", "_"): value for name, value in values.items()}
    for name in options:
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            meant = f" Did you mean {close[0].replace('_', '-')}?" if close else ""
            raise RunError(f"{file}: unknown option {name.replace('_', '-')}.{meant}")
    return {name: value for name, value in options.items() if value is not None}


def write_options(options: Options, file: Path, **instead: Any) -> None:
    """Write a file for `--config`; `instead` holds options that turned out otherwise than they were asked for."""
    chosen = {option.name: getattr(options, option.name) for option in fields(Options)} | instead
    plain = {
        name.replace("_", "-"): _plain(value)
        for name, value in chosen.items()
        if name not in NOT_KEPT and value not in (None, [], "")
    }
    text = "# Run it again: python -m training --config THIS_FILE\n" + yaml.safe_dump(
        plain, sort_keys=False, allow_unicode=True
    )
    write_whole(file, lambda opened: opened.write(text.encode()))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value
