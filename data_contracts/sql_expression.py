"""Whether a piece of SQL in a contract or mapping is a plain expression over the columns it may use.

Belongs here: the checks before any row is read: it parses, reads known columns only, and its types agree.
Does not belong here: running it over rows (rules.py).
"""

from collections.abc import Mapping

import duckdb
import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

_UNREPEATABLE_NODES = (
    exp.CurrentDate,
    exp.CurrentDatetime,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentUser,
    exp.Rand,
    exp.Uuid,
)
_UNREPEATABLE_NAMES = frozenset({
    "now", "today", "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "get_current_timestamp",
    "nextval",
})  # fmt: skip
# A function that DuckDB does not know must be an error, not a download.
_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "threads": "1",
}


class ExpressionError(ValueError):
    """SQL that is not a plain, repeatable expression over the known columns; the message says why."""


def open_engine() -> duckdb.DuckDBPyConnection:
    """Return an empty in-memory engine that can reach neither files nor network; the caller closes it."""
    return duckdb.connect(":memory:", config=_OFFLINE)


def check_expression(
    sql: str, columns: Mapping[str, str], *, engine: duckdb.DuckDBPyConnection, result: str | None = None
) -> None:
    """Raise ExpressionError unless `sql` is a row-wise expression over `columns` (name to DuckDB type).

    With `result`, its type must be that one.
    """
    tree = parse_expression(sql)
    _refuse_more_than_a_row(tree)
    for column in tree.find_all(exp.Column):
        if column.table or column.name not in columns:
            raise ExpressionError(f"unknown column '{column.sql(dialect='duckdb')}'")
    described = _bound_type(sql, columns, engine)
    if result is not None and described != result:
        raise ExpressionError(f"gives {described}, not {result}")


def parse_expression(sql: str) -> exp.Expr:
    """Return the tree of one expression; raises ExpressionError when it is not one, or has comments in it."""
    try:
        tokens = sqlglot.tokenize(sql, read="duckdb")
        trees = sqlglot.parse(sql, read="duckdb")
    except SqlglotError as error:
        raise ExpressionError(f"not valid SQL: {_first_reason(error)}") from error
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError("not valid SQL: expected one expression")
    # The expression is set between brackets in a longer query: a comment would swallow what follows it.
    if any(token.comments or token.token_type is TokenType.SEMICOLON for token in tokens):
        raise ExpressionError("not valid SQL: neither comments nor semicolons belong in an expression")
    return trees[0]


def _refuse_more_than_a_row(tree: exp.Expr) -> None:
    if not isinstance(tree, exp.Condition) or tree.find(exp.Query):
        raise ExpressionError("a query or statement, not an expression over one row")
    if tree.find(exp.AggFunc, exp.Window):
        raise ExpressionError("looks at more than one row")
    unrepeatable = tree.find(*_UNREPEATABLE_NODES)
    names = {str(call.name).lower() for call in tree.find_all(exp.Anonymous)}
    if unrepeatable is not None or names & _UNREPEATABLE_NAMES:
        raise ExpressionError("gives another answer each time: clock, user and chance are not allowed")


def _bound_type(sql: str, columns: Mapping[str, str], engine: duckdb.DuckDBPyConnection) -> str:
    nulls = ", ".join(f"null::{column_type} as {_quoted(name)}" for name, column_type in columns.items())
    try:
        rows = engine.execute(f"describe select ({sql}) as answer from (select {nulls})").fetchall()
    except duckdb.Error as error:
        raise ExpressionError(f"DuckDB refuses it: {_without_query(str(error))}") from error
    return str(rows[0][1])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_reason(error: Exception) -> str:
    details = getattr(error, "errors", None)
    if details:
        return str(details[0]["description"]).split(" for <class", 1)[0]
    return str(error).splitlines()[0]


def _without_query(message: str) -> str:
    return message.splitlines()[0].removesuffix(".")
