"""A rule: one condition over tags, in the words in which SQL says conditions.

Belongs here: what a rule may say, against the tag dictionary, and its compiled form.
Does not belong here: where rules stand (segments.py) and the query around them (members.py).

Nothing of what somebody wrote reaches an engine. The text is parsed; a new condition is built from the few things that
are understood, of tags that the dictionary has; values become parameters. Anything else is refused with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from sqlglot import exp

from data_contracts.sql_expression import ExpressionError, parse_expression
from operations.tags import Tag, TagDictionary, TagKind, UnknownTagError

Value: TypeAlias = bool | int | Decimal | date | str

LONGEST_RULE = 2_000
_NUMBER = re.compile(r"(\d{1,15})(\.\d{1,6})?")
_LONGEST_SHOWN = 60
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_UNDERSTOOD = (
    "a rule compares tags with values (=, <>, <, <=, >, >=, between, in, is null) and joins with and, or, not"
)


class RuleError(ValueError):
    """A rule that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Rule:
    """A condition that an engine can be given: tags are columns of their tag's table, `$name` stands for a value."""

    condition: exp.Expr
    values: Mapping[str, Value]
    tags: tuple[Tag, ...]

    @property
    def canonical(self) -> str:
        """The rule in one spelling, with its values."""
        return f"{self.condition.sql(dialect='duckdb')} {list(self.values.values())!r}"


def compile_rule(text: str, tags: TagDictionary, *, prefix: str = "value") -> Rule:
    """Return the compiled rule; its parameters are named `<prefix>_1`, `<prefix>_2` and so on.

    Where a tag is empty a comparison with it is neither true nor false, as in SQL, and nobody is chosen by it; `is
    null` asks for that. Raises RuleError.
    """
    if len(text) > LONGEST_RULE:
        raise RuleError(f"longer than {LONGEST_RULE:,} characters")
    compiler = _Compiler(tags, prefix)
    try:
        condition = compiler.condition(parse_expression(text))
    except ExpressionError as error:
        raise RuleError(str(error)) from error
    except RecursionError:
        raise RuleError("one thing within another, too often") from None
    if not compiler.used:
        raise RuleError("names no tag")
    return Rule(condition, compiler.values, tuple(sorted(compiler.used.values(), key=lambda tag: tag.code)))


@dataclass
class _Compiler:
    """What has been compiled of one rule so far."""

    tags: TagDictionary
    prefix: str
    values: dict[str, Value] = field(default_factory=dict)
    used: dict[str, Tag] = field(default_factory=dict)

    def condition(self, node: exp.Expr) -> exp.Expr:
        """Return a new condition that says what `node` says; raises RuleError when it says anything unknown."""
        match node:
            case exp.Paren():
                return self.condition(node.this)
            case exp.And() | exp.Or():
                sides = [exp.Paren(this=self.condition(side)) for side in (node.this, node.expression)]
                return type(node)(this=sides[0], expression=sides[1])
            case exp.Not():
                return exp.Not(this=exp.Paren(this=self.condition(node.this)))
            case exp.Column():
                return self._alone(node)
            case exp.Between():
                return self._between(node)
            case exp.In():
                return self._among(node)
            case exp.Is():
                return self._is(node)
            case _ if type(node) in _COMPARISONS:
                return self._compared(node)
        raise RuleError(f"'{_shown(node)}' is not understood: {_UNDERSTOOD}")

    def _alone(self, node: exp.Column) -> exp.Condition:
        tag = self._tag(node)
        if tag.kind is not TagKind.YES_NO:
            raise RuleError(f"{tag.name} is a {tag.kind.value}, which does not hold by itself: compare it")
        return _column(tag)

    def _compared(self, node: exp.Expr) -> exp.Expr:
        tag = self._tag(node.this)
        if type(node) not in {exp.EQ, exp.NEQ}:
            _refuse_order(tag)
        return type(node)(this=_column(tag), expression=self._value(tag, node.expression))

    def _between(self, node: exp.Between) -> exp.Condition:
        tag = self._tag(node.this)
        _refuse_order(tag)
        if node.args.get("symmetric"):
            raise RuleError("'between symmetric' is not understood: write the lower value first")
        low, high = (self._value(tag, node.args[end]) for end in ("low", "high"))
        return exp.Between(this=_column(tag), low=low, high=high)

    def _among(self, node: exp.In) -> exp.Condition:
        tag = self._tag(node.this)
        if {name for name, part in node.args.items() if part} != {"this", "expressions"}:
            raise RuleError(f"'{_shown(node)}' is not understood: after in stand values in brackets")
        return exp.In(this=_column(tag), expressions=[self._value(tag, one) for one in node.expressions])

    def _is(self, node: exp.Is) -> exp.Condition:
        tag, said = self._tag(node.this), node.expression
        if isinstance(said, exp.Null):
            return exp.Is(this=_column(tag), expression=exp.Null())
        if isinstance(said, exp.Boolean) and tag.kind is TagKind.YES_NO:
            return exp.Is(this=_column(tag), expression=exp.Boolean(this=bool(said.this)))
        raise RuleError(
            f"'{_shown(node)}' is not understood: after is stands null, or of a yes_no true or false"
        )

    def _tag(self, node: exp.Expr) -> Tag:
        if not isinstance(node, exp.Column):
            raise RuleError(
                f"'{_shown(node)}' is not the name of a tag: the tag stands first, then the value"
            )
        if len(node.parts) != 1 or not isinstance(node.this, exp.Identifier):
            raise RuleError(f"'{_shown(node)}' is not the name of a tag, which is one word")
        try:
            tag = self.tags[node.name]
        except UnknownTagError as error:
            raise RuleError(str(error)) from error
        self.used[tag.name] = tag
        return tag

    def _value(self, tag: Tag, node: exp.Expr) -> exp.Placeholder:
        name = f"{self.prefix}_{len(self.values) + 1}"
        self.values[name] = _READERS[tag.kind](tag, node)
        return exp.Placeholder(this=name)


def _column(tag: Tag) -> exp.Column:
    return exp.column(tag.name, table=tag.table)


def _refuse_order(tag: Tag) -> None:
    if tag.kind in {TagKind.YES_NO, TagKind.TEXT}:
        raise RuleError(f"{tag.name} is a {tag.kind.value}, which has no order: compare it with =, <> or in")


def _yes_no(tag: Tag, node: exp.Expr) -> bool:
    if not isinstance(node, exp.Boolean):
        raise RuleError(f"{tag.name} is true or false, not {_shown(node)}")
    return bool(node.this)


def _number(tag: Tag, node: exp.Expr) -> int | Decimal:
    inner = node.this if isinstance(node, exp.Neg) else node
    digits = (
        _NUMBER.fullmatch(str(inner.this)) if isinstance(inner, exp.Literal) and not inner.is_string else None
    )
    if digits is None:
        raise RuleError(
            f"{tag.name} is compared with a number of up to 15 digits and 6 decimals, not {_shown(node)}"
        )
    number = Decimal(digits.group()) if digits.group(2) else int(digits.group())
    return -number if isinstance(node, exp.Neg) else number


def _date(tag: Tag, node: exp.Expr) -> date:
    try:
        return date.fromisoformat(_quoted_text(node))
    except ValueError:
        raise RuleError(f"{tag.name} is compared with a date like '2026-01-31', not {_shown(node)}") from None


def _text(tag: Tag, node: exp.Expr) -> str:
    try:
        text = _quoted_text(node)
    except ValueError:
        raise RuleError(f"{tag.name} is compared with a text in single quotes, not {_shown(node)}") from None
    if tag.values and text not in tag.values:
        raise RuleError(f"{tag.name} is never '{text}'; it is one of: {', '.join(tag.values)}")
    return text


def _quoted_text(node: exp.Expr) -> str:
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise ValueError(node)
    return str(node.this)


_READERS: dict[TagKind, Callable[[Tag, exp.Expr], Value]] = {
    TagKind.YES_NO: _yes_no, TagKind.NUMBER: _number, TagKind.DATE: _date, TagKind.TEXT: _text,
}  # fmt: skip


def _shown(node: exp.Expr) -> str:
    text = node.sql(dialect="duckdb")
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
