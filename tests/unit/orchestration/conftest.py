"""A house in a temporary folder, opened the way commands and runs open theirs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from orchestration.resources import House, create_token_key, open_house, read_settings

Deliver = Callable[..., Path]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    for name in [name for name in os.environ if name.startswith("LIFECYCLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    settings = read_settings()
    settings.home.create()
    create_token_key(settings.token_key_file)
    with open_house(settings) as opened:
        yield opened


@pytest.fixture
def deliver(house: House) -> Deliver:
    def write(address: str, delivery_date: date, *, has_control: bool = True) -> Path:
        folder = house.home.landing / address.replace(".", "/") / delivery_date.isoformat()
        folder.mkdir(parents=True)
        (folder / "rows.csv").write_text("landed\n", encoding="utf-8")
        if has_control:
            (folder / "_control.json").write_text(
                json.dumps({"files": [{"name": "rows.csv"}]}), encoding="utf-8"
            )
        return folder

    return write
