"""The environment is read in one place, and what it says wrongly is named."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from orchestration.resources import (
    ConfigurationError,
    create_token_key,
    exported,
    open_house,
    read_settings,
    read_token_key,
)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("LIFECYCLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))


def test_the_key_stands_in_the_home_unless_another_place_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert read_settings().token_key_file == tmp_path / "secrets" / "token.key"
    monkeypatch.setenv("LIFECYCLE_TOKEN_KEY_FILE", str(tmp_path / "elsewhere.key"))
    assert read_settings().token_key_file == tmp_path / "elsewhere.key"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIFECYCLE_THREADS", "0"),
        ("LIFECYCLE_THREADS", "two"),
        ("LIFECYCLE_MEMORY_LIMIT", "lots"),
        ("LIFECYCLE_MEMORY_LIMIT", "2GB'; attach 'x"),
        ("LIFECYCLE_WEBHOOK", "file:///etc/passwd"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        read_settings()


def test_a_new_key_is_readable_by_its_owner_alone_and_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "token.key"
    assert create_token_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = read_token_key(path)
    assert not create_token_key(path)
    assert read_token_key(path) == first
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token.key"
    create_token_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="can be read by others"):
        read_token_key(path)


def test_a_short_key_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    with pytest.raises(ConfigurationError, match="lifecycle init"):
        read_token_key(path)
    path.touch(mode=0o600)
    path.write_bytes(b"secret\n")
    with pytest.raises(ConfigurationError, match="holds 6 bytes"):
        read_token_key(path)


def test_a_folder_that_was_never_made_a_home_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a home yet"), open_house(read_settings()):
        pytest.fail("opened")
    assert list(tmp_path.iterdir()) == []


def test_exported_variables_are_put_back_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFECYCLE_ONE", "before")
    with exported({"LIFECYCLE_ONE": "inside", "LIFECYCLE_TWO": "inside"}):
        assert (os.environ["LIFECYCLE_ONE"], os.environ["LIFECYCLE_TWO"]) == ("inside", "inside")
    assert os.environ["LIFECYCLE_ONE"] == "before"
    assert "LIFECYCLE_TWO" not in os.environ
