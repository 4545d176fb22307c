"""Checks what a person gave as an option, and says in one sentence what is wrong with it."""

import re

import typer


def regular_expression(value: str | None) -> str | None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise typer.BadParameter(f"{value!r} is not a valid regular expression: {error}.") from None
    return value


def rate(value: str | None) -> str | None:
    try:
        right = value in (None, "auto") or float(value) >= 1e-8
    except ValueError:
        right = False
    if not right:
        raise typer.BadParameter(f"{value!r} is neither auto nor a learning rate of at least 1e-8.")
    return value


def how_often(value: str) -> str:
    if value not in ("epoch", "no") and not (value.isdecimal() and int(value) > 0):
        raise typer.BadParameter(f"{value!r} is not epoch, no or a number of steps.")
    return value


def how_often_to_push(value: str) -> str:
    if value not in ("epoch", "end") and not (value.isdecimal() and int(value) > 0):
        raise typer.BadParameter(f"{value!r} is not epoch, end or a number of steps.")
    return value


def function(value: list[str] | None) -> list[str] | None:
    for name in value or []:
        if not re.fullmatch(r"[\w.]+:\w+", name):
            raise typer.BadParameter(f"{name!r} does not have the form package.module:function.")
    return value
