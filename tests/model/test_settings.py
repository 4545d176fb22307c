"""Settings are read from the environment and from `.env`, however an editor or a shell has written that."""

from pathlib import Path

import pytest

from model.settings import ServingSettings, SettingsError

TEXT = "MODEL_PATH=bundles/café\r\nLOG_LEVEL=DEBUG\r\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("MODEL_PATH", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_file_may_be_utf_8_or_utf_16_with_or_without_a_mark(folder: Path, encoding: str) -> None:
    (folder / ".env").write_bytes(TEXT.encode(encoding))
    settings = ServingSettings.read()
    assert (settings.model_path, settings.log_level) == ("bundles/café", "DEBUG")


@pytest.mark.parametrize("content", [TEXT.encode("latin-1"), TEXT.encode("utf-16") + b"\0", b"\xff\xfe\x00\xd8"])
def test_another_encoding_is_named_in_one_sentence(folder: Path, content: bytes) -> None:
    (folder / ".env").write_bytes(content)
    with pytest.raises(SettingsError, match=r"^\.env is not text in UTF-8 or UTF-16: save it as UTF-8\.$"):
        ServingSettings.read()


def test_no_file_and_a_folder_of_that_name_are_no_settings(folder: Path) -> None:
    assert ServingSettings.read().model_path == ""
    (folder / ".env").mkdir()
    assert ServingSettings.read().model_path == ""
