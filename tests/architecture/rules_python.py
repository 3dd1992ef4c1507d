"""Rules on Python source, read as syntax trees.

Belongs here: what code may reach for (clock, environment, pickle, chance, an engine), the models it names.
Does not belong here: imports between our packages (import-linter), style (ruff), types (basedpyright).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import PACKAGES, breach, files


@dataclass(frozen=True)
class Ban:
    """Full dotted names, parted by spaces, that only some files may use, and why the others may not."""

    names: str
    allowed: tuple[str, ...]
    reason: str


# time.monotonic, perf_counter and sleep are no clock in this sense: they know no date, so none can leak.
BANS = (
    Ban(
        names="""
            time.time time.time_ns time.localtime time.gmtime time.ctime time.strftime
            datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today
            pandas.Timestamp.now pandas.Timestamp.utcnow pandas.Timestamp.today
            """,
        # A test waits for a process, and a benchmark says when it was run.
        allowed=("orchestration/resources.py", "tests/", "bench/"),
        reason="time is an argument; only orchestration/resources.py reads the clock",
    ),
    Ban(
        names="os.environ os.environb os.getenv os.putenv os.path.expanduser pathlib.Path.home",
        # Tests and benchmarks start the product as a child and choose its environment.
        allowed=("orchestration/resources.py", "tests/", "bench/"),
        reason="only orchestration/resources.py reads the environment",
    ),
    Ban(
        names="pickle cloudpickle dill joblib shelve marshal pandas.read_pickle",
        allowed=(),
        reason="a pickle runs code when it is opened; models are kept by skops",
    ),
    Ban(
        names="""
            random.random random.randint random.randrange random.choice random.choices random.shuffle
            random.sample random.uniform random.gauss random.seed
            numpy.random.seed numpy.random.rand numpy.random.randn numpy.random.randint uuid.uuid1 uuid.uuid4
            """,
        allowed=(),
        reason="chance comes from a seeded generator that is passed in",
    ),
    Ban(
        names="duckdb.connect duckdb.sql duckdb.query duckdb.execute duckdb.default_connection",
        # Tests and benchmarks look at files the way a stranger would.
        allowed=("storage/engine.py", "data_contracts/sql_expression.py", "tests/", "bench/"),
        reason="storage/engine.py opens every connection, with the limits and the time zone it must have",
    ),
)

_SQL_CLOCK = re.compile(r"\bcurrent_(date|time|timestamp)\b|\b(now|today)\(\)|\(\s*'now'", re.IGNORECASE)


def forbidden_reach(root: Path) -> list[str]:
    """Return each use of a banned name outside the files that may use it."""
    breaches = []
    for path in files(root, ".py"):
        name = path.relative_to(root).as_posix()
        for line, used in sorted(_names_used(_tree(path))):
            for ban in BANS:
                banned = any(used == known or used.startswith(known + ".") for known in ban.names.split())
                if banned and not name.startswith(ban.allowed):
                    breaches.append(breach(root, path, line, f"{used}: {ban.reason}"))
    return breaches


def clocks_in_sql_strings(root: Path) -> list[str]:
    """Return each string of the product that asks an engine for the time."""
    breaches = []
    for path in _product_files(root):
        for line, text in _strings(_tree(path)):
            found = _SQL_CLOCK.search(text)
            if found:
                breaches.append(breach(root, path, line, f"{found.group(0)}: time is an argument in SQL too"))
    return breaches


def model_names_in_python(root: Path) -> list[str]:
    """Return each dbt model named in orchestration/ or storage/ by a module that does not depend on it.

    A dependency is declared by `AssetKey`, `AssetDep`, `AssetIn` or `AssetSpec`, or by `deps=` or `ins=`.
    What Python needs to know about a model stands in that model's own config and comes with the manifest.
    """
    models = {path.stem for path in files(root / "dbt_project" / "models", ".sql")}
    breaches = []
    for package in ("orchestration", "storage"):
        for path in files(root / package, ".py"):
            tree = _tree(path)
            declared = {model for text in _declared_dependencies(tree) for model in _models_in(text, models)}
            for line, text in _strings(tree):
                breaches.extend(
                    breach(root, path, line, f"{model} is named without being a declared dependency")
                    for model in sorted(_models_in(text, models) - declared)
                )
    return breaches


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _product_files(root: Path) -> Iterator[Path]:
    for package in PACKAGES:
        yield from files(root / package, ".py")


def _names_used(tree: ast.Module) -> set[tuple[int, str]]:
    """Return (line, full dotted name) for each import and each use of what was imported."""
    aliases: dict[str, str] = {}
    used: set[tuple[int, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                aliases[bound] = alias.name if alias.asname else bound
                used.add((node.lineno, alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                used.add((node.lineno, f"{node.module}.{alias.name}"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = _dotted(node, aliases)
            if name:
                used.add((node.lineno, name))
            if node.attr == "to_pickle":
                used.add((node.lineno, "pickle.to_pickle"))
    return used


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str | None:
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, aliases)
        return f"{owner}.{node.attr}" if owner else None
    return aliases.get(node.id) if isinstance(node, ast.Name) else None


def _strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each string that is not a docstring."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def _declared_dependencies(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        declares_all = called in {"AssetKey", "AssetDep", "AssetIn", "AssetSpec"}
        for part in [*node.args, *node.keywords] if declares_all else node.keywords:
            if declares_all or (isinstance(part, ast.keyword) and part.arg in {"deps", "ins"}):
                yield from (
                    inner.value
                    for inner in ast.walk(part)
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                )


def _models_in(text: str, models: set[str]) -> set[str]:
    return models.intersection(re.findall(r"\w+", text))
