"""`python -m training --data DIR`: from class folders to a bundle that the bot serves."""

import sys

import typer

from training.requirements import needs_training_packages

with needs_training_packages():
    from training.config_file import Configured
    from training.options import Options, takes_options

sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # file names need not be UTF-8

app = typer.Typer(add_completion=False)


def act(options: Options) -> None:
    """Train a photo classifier from folders of photos, and write the bundle that the bot serves."""
    with needs_training_packages():
        from training.command import train  # here: PyTorch takes seconds to load, and help shall not wait for it
    train(options)


main = app.command(cls=Configured)(takes_options(act))

if __name__ == "__main__":
    app()
