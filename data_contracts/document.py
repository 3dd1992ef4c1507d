"""A YAML file that knows its lines: what contracts and mappings are read with.

Belongs here: reading the file, refusing broken or ambiguous YAML, finding the line of a value, the error.
Does not belong here: what a contract or a mapping means.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# libyaml reads the nineteen contracts eight times faster; the results and the line marks are the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAG = "tag:yaml.org,2002:str"

Step = str | int


class ContractError(ValueError):
    """A contract, mapping or sample that cannot be used: the file, the line and the reason."""

    def __init__(self, file: Path, line: int, reason: str) -> None:
        super().__init__(file, line, reason)
        self.file = file
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.file.parent.name}/{self.file.name}:{self.line}: {self.reason}"


@dataclass(frozen=True)
class Document:
    """One YAML file: its value, and the line of everything in it.

    A path is the keys and positions that lead to a value: ("schema", 0, "name").
    """

    file: Path
    value: dict[str, Any]
    root: yaml.Node

    def line(self, *path: Step) -> int:
        """Return the line (from 1) of the value at `path`, or of the nearest thing above it that exists."""
        node = self.root
        line = node.start_mark.line
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line
        return line + 1

    def text(self, *path: Step) -> str:
        """Return the scalar at `path` as it is written, so that 0.10 stays 0.10."""
        node = self.root
        for step in path:
            found = _child(node, step)
            if found is None:
                raise KeyError(path)
            node = found[1]
        if not isinstance(node, yaml.ScalarNode):
            raise self.error("expected a single value", *path)
        return str(node.value)

    def error(self, reason: str, *path: Step) -> ContractError:
        """Return the error that names the line of `path`."""
        return ContractError(self.file, self.line(*path), reason)

    def at(self, *path: Step) -> Any:  # noqa: ANN401 - whatever stands in the file
        """Return the value at `path`, which must exist."""
        value: Any = self.value
        for step in path:
            value = value[step]
        return value

    def refuse_unknown(self, known: Collection[str], what: str, *path: Step) -> None:
        """Raise unless the value at `path` is a mapping whose keys are all in `known`."""
        value = self.at(*path)
        if not isinstance(value, dict):
            raise self.error(f"{what} must be a mapping of keys to values", *path)
        for key in value:
            if key not in known:
                raise self.error(f"unknown key '{key}' in {what}; known are: {', '.join(known)}", *path, key)

    def required_text(self, *path: Step) -> str:
        """Return the non-empty text at `path`; its absence is an error at the thing that should carry it."""
        value: Any = self.value
        for step in path:
            value = value.get(step) if isinstance(value, dict) else value[step]
        if value is None:
            raise self.error(f"'{path[-1]}' is missing", *path)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"'{path[-1]}' must be text, not {value!r}", *path)
        return value

    def texts(self, *path: Step) -> tuple[str, ...]:
        """Return the list of distinct texts at `path`."""
        value = self.at(*path)
        if not isinstance(value, list):
            raise self.error(f"'{path[-1]}' must be a list", *path)
        for position, item in enumerate(value):
            if not isinstance(item, str):
                raise self.error(f"{item!r} is read as {type(item).__name__}; quote it", *path, position)
            if item in value[:position]:
                raise self.error(f"'{item}' stands twice in the list", *path, position)
        return tuple(value)


def read_document(file: Path) -> Document:
    """Read one YAML file; raises ContractError with the line of what is broken."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ContractError(file, line, f"not UTF-8: byte 0x{raw[error.start]:02x}") from error
    loader = _LOADER(text)
    try:
        root = loader.get_single_node()
        if root is None:
            raise ContractError(file, 1, "the file is empty")
        _refuse_ambiguous_keys(file, root)
        value = loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ContractError(file, mark.line + 1 if mark else 1, f"not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ContractError(file, 1, f"not valid YAML: {error}") from error
    finally:
        loader.dispose()
    if not isinstance(value, dict):
        raise ContractError(file, root.start_mark.line + 1, "the file must be a mapping of keys to values")
    return Document(file, value, root)


def _child(node: yaml.Node, step: Step) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the node that marks the line, and the value's node."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _refuse_ambiguous_keys(file: Path, root: yaml.Node) -> None:
    """YAML lets the last of two equal keys win and reads an unquoted `on` as true: neither is meant."""
    for mapping in _mappings(root):
        seen: set[str] = set()
        for key, _ in mapping.value:
            line = key.start_mark.line + 1
            if key.tag != _TEXT_TAG:
                raise ContractError(file, line, f"key '{key.value}' is not read as text; quote it")
            if key.value in seen:
                raise ContractError(file, line, f"key '{key.value}' stands twice")
            seen.add(key.value)


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    waiting, met = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting.extend(value for _, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
