"""Resources: the only readers of the environment and of the clock.

Belongs here: where the home is, which engine settings and secrets hold, and opening a home with them.
Does not belong here: Dagster (writing.py hands an opened home to assets), so that a command with nothing to do is
quick, and what is done with a home.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from data_contracts.contract import SOURCES, Contract, load_contracts
from data_contracts.mapping import SourceMapping, load_mappings
from storage.engine import EngineSettings
from storage.home import Home
from storage.intake import Doors
from storage.ledger import Ledger

CHECKOUT = Path(__file__).resolve().parents[1]
DBT_PROJECT = CHECKOUT / "dbt_project"

_KEY_BYTES = 32
_MEMORY = re.compile(r"\d+(\.\d+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", re.IGNORECASE)


class ConfigurationError(ValueError):
    """Something that a person must set right before anything can run; permanent, never retried."""


@dataclass(frozen=True)
class Settings:
    """What the environment says; paths are absolute."""

    home: Home
    token_key_file: Path
    engine: EngineSettings
    webhook: str | None


@dataclass(frozen=True)
class House:
    """An opened home: its files, its ledger, and what its sources promise."""

    settings: Settings
    doors: Doors

    @property
    def home(self) -> Home:
        """Where its files are."""
        return self.doors.home

    @property
    def ledger(self) -> Ledger:
        """What it knows."""
        return self.doors.ledger

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """What its sources promise, by address."""
        return self.doors.contracts

    @property
    def engine(self) -> EngineSettings:
        """How much of the machine a connection may use."""
        return self.doors.settings


@dataclass(frozen=True)
class Promises:
    """What sources promise: contracts by their address, mappings by landing address."""

    contracts: Mapping[str, Contract]
    mappings: Mapping[str, SourceMapping]


def load_promises() -> Promises:
    """Return every contract and mapping, read again only when a file has changed; raises ContractError."""
    files = sorted(SOURCES.iterdir())
    return _promises(tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=1)
def _promises(stamp: tuple[tuple[str, int, int], ...]) -> Promises:
    del stamp
    contracts = load_contracts()
    return Promises(contracts, load_mappings(contracts=contracts))


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def read_settings() -> Settings:
    """Return the settings of this process; raises ConfigurationError naming the variable that is wrong."""
    environment = os.environ
    home = Home(Path(environment.get("LIFECYCLE_HOME") or CHECKOUT / "var").absolute())
    key = environment.get("LIFECYCLE_TOKEN_KEY_FILE")
    threads = environment.get("LIFECYCLE_THREADS") or "2"
    if not threads.isascii() or not threads.isdigit() or int(threads) < 1:
        raise ConfigurationError(f"LIFECYCLE_THREADS must be a whole number from 1 on, not {threads!r}")
    memory = environment.get("LIFECYCLE_MEMORY_LIMIT") or "2GB"
    if not _MEMORY.fullmatch(memory):
        raise ConfigurationError(f"LIFECYCLE_MEMORY_LIMIT must be a size such as 2GB, not {memory!r}")
    webhook = environment.get("LIFECYCLE_WEBHOOK") or None
    if webhook and not webhook.startswith(("http://", "https://")):
        raise ConfigurationError("LIFECYCLE_WEBHOOK must be an http or https address")
    return Settings(
        home=home,
        token_key_file=Path(key).absolute() if key else home.token_key,
        engine=EngineSettings(threads=int(threads), memory_limit=memory),
        webhook=webhook,
    )


@contextmanager
def open_house(settings: Settings) -> Iterator[House]:
    """Open the home for reading and, under the writer's lock, for writing; closes the ledger afterwards.

    Raises ConfigurationError when the home was never initialised or the token key is not safe, ContractError when
    a contract or mapping cannot be understood.
    """
    promises = load_promises()
    if not settings.home.landing.is_dir() and not settings.home.ledger.exists():
        raise ConfigurationError(f"{settings.home.root} is not a home yet: run `lifecycle init`")
    token_key = read_token_key(settings.token_key_file)
    ledger = Ledger(settings.home.ledger, now=now)
    try:
        yield House(
            settings,
            Doors(settings.home, ledger, promises.contracts, promises.mappings, token_key, settings.engine),
        )
    finally:
        ledger.close()


def read_token_key(path: Path) -> bytes:
    """Return the key that turns numbers into tokens; raises ConfigurationError when others could read it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise ConfigurationError(f"there is no token key at {path}: run `lifecycle init`") from None
    if mode & 0o077:
        raise ConfigurationError(f"{path} can be read by others (mode {mode & 0o777:o}): chmod 600 {path}")
    key = path.read_bytes().strip()
    if len(key) < _KEY_BYTES:
        raise ConfigurationError(f"{path} holds {len(key)} bytes; a token key has at least {_KEY_BYTES}")
    return key


def create_token_key(path: Path) -> bool:
    """Write a new random key, readable by its owner alone, unless there is one; return whether it was written."""
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written beside and linked into place: two first starts agree on one key, and no half key is ever seen.
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(_KEY_BYTES).encode())
        os.fsync(descriptor)
        path.hardlink_to(partial)
    except FileExistsError:
        return False
    finally:
        os.close(descriptor)
        partial.unlink()
    return True


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that dbt_project/profiles.yml reads."""
    return {
        "LIFECYCLE_WAREHOUSE": str(settings.home.warehouse),
        "LIFECYCLE_SCRATCH": str(settings.home.work),
        "LIFECYCLE_THREADS": str(settings.engine.threads),
        "LIFECYCLE_MEMORY_LIMIT": settings.engine.memory_limit,
    }


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child process: that of this one, with `extra`."""
    return {**os.environ, **extra}


@contextmanager
def exported(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the children started inside the block, and put back what was there."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
