"""The container's files, as far as they can be checked without building it: what goes in is there, and is all that serving needs."""

import re
import shlex
from pathlib import Path

import yaml

from bot.settings import Settings
from web.settings import Settings as WebSettings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def test_every_room_that_serves_is_copied_and_nothing_of_training() -> None:
    copied = {shlex.split(line)[1] for line in re.findall(r"^COPY [a-z].*$", DOCKERFILE, re.MULTILINE)}
    assert copied == {"requirements.txt", "bot", "localchat", "model", "web"}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").split() if line.startswith("!")}
    assert allowed == copied
    assert all((ROOT / name).exists() for name in copied)


def test_it_runs_as_an_ordinary_user_on_the_python_that_the_project_names() -> None:
    assert re.search(r"^USER app$", DOCKERFILE, re.MULTILINE)
    assert f"BASE=python:{(ROOT / '.python-version').read_text('utf-8').strip()}-slim" in DOCKERFILE


def test_settings_that_the_files_name_are_settings() -> None:
    known = {name.upper() for model in (Settings, WebSettings) for name in model.model_fields}
    named = set(re.findall(r"\b(METRICS_PORT|HOST|PORT|STATE_DIR)=", DOCKERFILE)) | {
        name for service in COMPOSE["services"].values() for name in service["environment"] if name != "HEALTH"
    }
    assert named <= known
    assert {"HOST", "PORT", "METRICS_PORT", "STATE_DIR"} <= named


def test_services_are_read_only_and_the_page_is_a_profile() -> None:
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    assert COMPOSE["services"]["page"]["profiles"] == ["page"]
    assert "profiles" not in COMPOSE["services"]["bot"]
