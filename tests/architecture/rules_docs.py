"""Rules on the READMEs and the docs: a shown command exists, a link leads somewhere, a table has its name.

Belongs here: what the pages promise in `sh` blocks and relative links.
Does not belong here: whether a command does its work, which the tests of that command prove.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import click

from tests.architecture.tree import breach, files

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_CODE_WORD = re.compile(r"`[^`]+`")
_TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)", re.MULTILINE)

# Commands of the machine that a page may use to move about and look.
_COMMON = {"git", "cd", "ls", "cat", "cp", "mkdir", "ln", "head", "export", "apt-get", "sudo", "bash"}


def broken_commands(root: Path, program: click.Command) -> list[str]:
    """Return each shown command that neither make, nor `lifecycle`, nor a module, nor the machine knows."""
    targets = set(_TARGET.findall((root / "Makefile").read_text(encoding="utf-8")))
    breaches = []
    for page in _pages(root):
        for number, line in _shown_commands(page.read_text(encoding="utf-8")):
            reason = _broken(shlex.split(line, comments=True), targets, program, root)
            if reason:
                breaches.append(breach(root, page, number, f"{line}: {reason}"))
    return breaches


def broken_links(root: Path) -> list[str]:
    """Return each relative link of a page that leads to no file."""
    return [
        breach(root, page, text.count("\n", 0, link.start()) + 1, f"{link.group(1)} does not exist")
        for page in _pages(root)
        for text in [page.read_text(encoding="utf-8")]
        for link in _LINK.finditer(text)
        if "://" not in link.group(1) and not (page.parent / link.group(1)).exists()
    ]


def said_in_one_language(root: Path) -> list[str]:
    """Return each command, link and code word that only one of the two READMEs has; they follow one another."""
    pages = [root / "README.md", root / "README.zh-CN.md"]
    english, chinese = (_landmarks(page.read_text(encoding="utf-8")) for page in pages)
    for position, (own, other) in enumerate(zip_longest(english, chinese)):
        if own != other:
            return [f"README.md says {own} where README.zh-CN.md says {other} (landmark {position + 1})"]
    return []


def _landmarks(text: str) -> list[str]:
    """Return what does not depend on the language, by line: within a line the order of words does."""
    found = [command for _, command in _shown_commands(text)]
    for line in text.splitlines():
        links = [link for link in _LINK.findall(line) if not link.startswith("README")]
        found += sorted([*links, *_CODE_WORD.findall(line)])
    return found


def tables_without_a_name(root: Path) -> list[str]:
    """Return each contract whose table the glossary does not name."""
    names = (root / "docs" / "reference" / "names.md").read_text(encoding="utf-8")
    return [
        breach(root, contract, 1, f"{address} is not in docs/reference/names.md")
        for contract in files(root / "data_contracts" / "sources", ".yaml")
        for address in [contract.name.removesuffix(".yaml")]
        if not address.endswith(".mapping") and f"`{address}`" not in names
    ]


def _pages(root: Path) -> list[Path]:
    readmes = [root / "README.md", root / "README.zh-CN.md"]
    return [page for page in [*readmes, *files(root / "docs", ".md")] if page.is_file()]


def _shown_commands(text: str) -> Iterator[tuple[int, str]]:
    inside, pending, first = False, "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip().startswith("```"):
            inside = line.strip() == "```sh"
        elif inside and line.strip() and not line.strip().startswith("#"):
            first = first if pending else number
            pending += line.strip().removesuffix("\\")
            if not line.rstrip().endswith("\\"):
                yield first, pending
                pending = ""


def _broken(words: list[str], targets: set[str], program: click.Command, root: Path) -> str | None:
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    if not words:
        return None
    name = words[0].removeprefix(".venv/bin/")
    if name == "make":
        missing = [word for word in words[1:] if "=" not in word and word not in targets]
        return f"make knows no {missing[0]}" if missing else None
    if name == "lifecycle":
        return _unknown_part(words[1:], program)
    if name == "python":
        return _unknown_module(words[1:], root)
    if name == ".ci/run":
        return None if (root / ".ci/run").is_file() else "there is no .ci/run"
    return None if name in _COMMON else f"{name} is not a command of this project"


def _unknown_module(words: list[str], root: Path) -> str | None:
    """Return what is wrong with `-m module options`: no such command of the project, or no such option of it."""
    if words[:1] != ["-m"] or len(words) < 2:
        return "python is shown with a module of this project only"
    path = root.joinpath(*words[1].split("."))
    file = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file() or "@click.command()" not in (text := file.read_text(encoding="utf-8")):
        return f"{words[1]} is not a command of this project"
    unknown = [word for word in words[2:] if word.startswith("--") and f'"{word}' not in text]
    return f"{words[1]} has no option {unknown[0]}" if unknown else None


def _unknown_part(words: list[str], command: click.Command) -> str | None:
    """Return what of `words` the command line does not know: a command or an option."""
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    for position, word in enumerate(words):
        if word.startswith("-"):
            if word.partition("=")[0] not in options:
                return f"{command.name} has no option {word}"
        elif isinstance(command, click.Group):
            inner = command.commands.get(word)
            return (
                _unknown_part(words[position + 1 :], inner)
                if inner
                else f"{command.name} has no command {word}"
            )
    return None
