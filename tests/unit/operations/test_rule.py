"""A rule says what it may and nothing else: honest rules compile, everything else is refused with its reason."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from decimal import Decimal

import pytest
from sqlglot import exp

from operations.rule import LONGEST_RULE, Rule, RuleError, compile_rule
from operations.tags import Tag, TagDictionary, TagKind
from storage.engine import connect

TAGS = TagDictionary([
    Tag("T0201", "is_opened", "tags_account", TagKind.YES_NO),
    Tag("T0202", "opened_days_count", "tags_account", TagKind.NUMBER),
    Tag("T0302", "total_assets_cny", "tags_assets", TagKind.NUMBER),
    Tag("T0402", "first_funded_on", "tags_flows", TagKind.DATE),
    Tag("I0103", "first_channel_id", "tags_acquisition", TagKind.TEXT),
    Tag("M0101", "stage_type", "tags_lifecycle", TagKind.TEXT, ("opened", "funded", "core")),
])  # fmt: skip

ATTACKS = {
    "another statement": "is_opened; drop table tags.tags_account",
    "a statement instead": "delete from tags.tags_account",
    "a query instead": "select 1",
    "a copy to a file": "copy tags.tags_account to '/tmp/people.csv'",
    "an attached file": "attach '/etc/passwd' as other",
    "a setting": "set memory_limit = '1TB'",
    "a pragma": "pragma database_list",
    "a comment that hides the rest": "is_opened -- and not is_closed",
    "a block comment": "is_opened /* everybody */",
    "always true": "1 = 1",
    "true by itself": "true",
    "always true beside a tag": "is_opened or 1 = 1",
    "true beside a tag": "is_opened or true",
    "a tag against itself": "opened_days_count = opened_days_count",
    "a subquery in the list": "first_channel_id in (select name from customers)",
    "a scalar subquery": "total_assets_cny > (select max(total_assets_cny) from tags.tags_assets)",
    "exists": "exists (select 1 from customers)",
    "any of a query": "opened_days_count = any (select 1)",
    "a union": "is_opened union select 1",
    "a file read": "first_channel_id in (select content from read_text('/etc/passwd'))",
    "a function of a tag": "upper(first_channel_id) = 'A'",
    "a function as the value": "first_channel_id = getenv('HOME')",
    "the clock": "first_funded_on = current_date",
    "chance": "total_assets_cny > random()",
    "a cast of a tag": "opened_days_count::varchar = '1'",
    "a cast of a value": "opened_days_count = cast('1' as integer)",
    "a column of another table": "customers.phone_token = 'x'",
    "a tag with its table": "tags_account.is_opened",
    "a tag with schema and table": "tags.tags_account.is_opened",
    "a column that is no tag": "phone_token = 'x'",
    "every column": "columns(*) = 1",
    "a star": "*",
    "a position": "#1 = 1",
    "a parameter": "opened_days_count = $other",
    "a question mark": "opened_days_count = ?",
    "an expression of tags": "opened_days_count + 1 > 2",
    "an expression as the value": "opened_days_count > 10 - 5",
    "two texts put together": "first_channel_id = 'a' || 'b'",
    "a text that ends early": "first_channel_id = 'a' or 'b' = 'b'",
    "a pattern": "first_channel_id like '%'",
    "a regular expression": "first_channel_id ~ '.*'",
    "a case": "case when is_opened then true else false end",
    "an if": "if(is_opened, true, false)",
    "a tuple": "(opened_days_count, total_assets_cny) = (1, 2)",
    "a list": "opened_days_count = [1]",
    "an element": "first_channel_id[1] = 'a'",
    "a window": "row_number() over () = 1",
    "an aggregate": "sum(total_assets_cny) > 1",
    "a lambda": "list_filter([1], x -> x = 1)",
    "a hexadecimal number": "opened_days_count = 0x10",
    "an exponent": "total_assets_cny > 1e400",
    "a number without end": "total_assets_cny > 99999999999999999999",
    "not a number": "total_assets_cny = 'NaN'",
    "infinity": "total_assets_cny < 'infinity'",
    "an escape string": r"first_channel_id = E'\x27'",
    "a dollar-quoted text": "first_channel_id = $$a$$",
    "a name that only looks alike": "іs_opened",  # noqa: RUF001 - its first letter is Cyrillic
    "a quoted name with a quote in it": '"is_opened"" or 1=1 --"',
    "an open bracket": "(is_opened",
    "an open quote": "first_channel_id = 'a",
    "nothing": "   ",
    "a limit": "is_opened limit 1",
    "an alias": "is_opened as x",
    "brackets within brackets": "(" * 950 + "is_opened" + ")" * 950,
    "brackets without end": "(" * 5_000 + "is_opened" + ")" * 5_000,
    "a text without end": "first_channel_id = '" + "a" * LONGEST_RULE + "'",
}  # fmt: skip

HONEST = {
    "is_opened": "tags_account.is_opened []",
    "not is_opened": "NOT (tags_account.is_opened) []",
    "is_opened = false": "tags_account.is_opened = $value_1 [False]",
    "is_opened is not true": "NOT (tags_account.is_opened IS TRUE) []",
    "opened_days_count <= 30": "tags_account.opened_days_count <= $value_1 [30]",
    "opened_days_count between 1 and 3":
        "tags_account.opened_days_count BETWEEN $value_1 AND $value_2 [1, 3]",
    "total_assets_cny >= 0.01": "tags_assets.total_assets_cny >= $value_1 [Decimal('0.01')]",
    "total_assets_cny > -5": "tags_assets.total_assets_cny > $value_1 [-5]",
    "first_funded_on >= '2026-01-31'": "tags_flows.first_funded_on >= $value_1 [datetime.date(2026, 1, 31)]",
    "first_funded_on is null": "tags_flows.first_funded_on IS NULL []",
    "stage_type in ('opened', 'funded')": "tags_lifecycle.stage_type IN ($value_1, $value_2) ['opened', 'funded']",
    "stage_type not in ('core')": "NOT (tags_lifecycle.stage_type IN ($value_1)) ['core']",
    "first_channel_id <> 'it''s; drop table x --'":
        "tags_acquisition.first_channel_id <> $value_1 [\"it's; drop table x --\"]",
    "is_opened and (opened_days_count < 3 or total_assets_cny = 0)":
        "(tags_account.is_opened) AND ((tags_account.opened_days_count < $value_1)"
        " OR (tags_assets.total_assets_cny = $value_2)) [3, 0]",
}  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_whatever_is_more_than_a_condition_over_tags_is_refused(text: str) -> None:
    with pytest.raises(RuleError) as refused:
        compile_rule(text, TAGS)
    assert len(str(refused.value)) > 10


@pytest.mark.parametrize(("text", "canonical"), HONEST.items())
def test_an_honest_rule_compiles_to_tags_and_parameters(text: str, canonical: str) -> None:
    assert compile_rule(text, TAGS).canonical == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("is_open", "there is no tag 'is_open'; is is_opened meant?"),
        ("opened_days_count", "opened_days_count is a number, which does not hold by itself: compare it"),
        ("is_opened > true", "is_opened is a yes_no, which has no order: compare it with =, <> or in"),
        ("stage_type > 'core'", "stage_type is a text, which has no order: compare it with =, <> or in"),
        ("stage_type = 'dormnt'", "stage_type is never 'dormnt'; it is one of: opened, funded, core"),
        (
            "opened_days_count = '3'",
            "opened_days_count is compared with a number of up to 15 digits and 6 decimals, not '3'",
        ),
        (
            "first_funded_on > '31.01.2026'",
            "first_funded_on is compared with a date like '2026-01-31', not '31.01.2026'",
        ),
        ("is_opened = 1", "is_opened is true or false, not 1"),
        ("30 > opened_days_count", "'30' is not the name of a tag: the tag stands first, then the value"),
    ],
)
def test_a_mistake_is_told_in_words_that_help(text: str, message: str) -> None:
    with pytest.raises(RuleError) as refused:
        compile_rule(text, TAGS)
    assert str(refused.value) == message


def test_no_value_of_a_rule_stands_in_its_sql() -> None:
    rule = compile_rule("first_channel_id = 'secret' and total_assets_cny > 12345", TAGS)
    assert "secret" not in rule.condition.sql("duckdb")
    assert "12345" not in rule.condition.sql("duckdb")
    assert rule.values == {"value_1": "secret", "value_2": 12345}
    assert [tag.name for tag in rule.tags] == ["first_channel_id", "total_assets_cny"]


def test_the_same_tag_by_another_case_is_another_name() -> None:
    with pytest.raises(RuleError, match="there is no tag 'IS_OPENED'"):
        compile_rule("IS_OPENED", TAGS)


def holds(rule: Rule, **tags: object) -> object:
    """What DuckDB says of the rule for one person."""
    condition = rule.condition.copy()
    for column in condition.find_all(exp.Column):
        column.set("table", None)
    columns = ", ".join(f"cast(${name} as {_TYPES[TAGS[name].kind]}) as {name}" for name in tags)
    query = f"select {condition.sql('duckdb')} from (select {columns})"
    used = {name: value for name, value in rule.values.items() if f"${name}" in query}
    with closing(connect()) as connection:
        ((answer,),) = connection.execute(query, {**tags, **used}).fetchall()
    return answer


_TYPES = {
    TagKind.YES_NO: "boolean",
    TagKind.NUMBER: "decimal(18, 2)",
    TagKind.DATE: "date",
    TagKind.TEXT: "varchar",
}


@pytest.mark.parametrize(
    ("text", "tags", "answer"),
    [
        ("opened_days_count <= 30", {"opened_days_count": 30}, True),
        ("opened_days_count <= 30", {"opened_days_count": 31}, False),
        ("opened_days_count <= 30", {"opened_days_count": None}, None),
        ("opened_days_count is null", {"opened_days_count": None}, True),
        ("total_assets_cny >= 0.01", {"total_assets_cny": Decimal("0.01")}, True),
        ("total_assets_cny > -5", {"total_assets_cny": -5}, False),
        ("first_funded_on < '2026-02-01'", {"first_funded_on": date(2026, 1, 31)}, True),
        ("stage_type not in ('core')", {"stage_type": "funded"}, True),
        (
            "not is_opened and stage_type = 'core' or stage_type = 'funded'",
            {"is_opened": True, "stage_type": "funded"},
            True,
        ),
        ("not (is_opened or stage_type = 'core')", {"is_opened": False, "stage_type": "funded"}, True),
        ("first_channel_id = 'it''s'", {"first_channel_id": "it's"}, True),
    ],
)
def test_a_compiled_rule_means_what_it_says(text: str, tags: dict[str, object], answer: object) -> None:
    assert holds(compile_rule(text, TAGS), **tags) == answer
