"""Tokens: the same in SQL and in Python, the same for every way to write a number, useless without the key."""

from __future__ import annotations

import hashlib
import hmac

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.tokens import install_key, normalised, token, token_sql

KEY = b"a key of the tests, 32 bytes long"


def in_sql(engine: duckdb.DuckDBPyConnection, values: list[str | None], key: bytes = KEY) -> list[str | None]:
    install_key(engine, key)
    query = f"select {token_sql('value')} from (select unnest($1::varchar[]) as value)"
    return [found for (found,) in engine.execute(query, [values]).fetchall()]


def test_a_token_is_hmac_sha256_of_the_normalised_number() -> None:
    expected = hmac.new(KEY, b"13800001111", hashlib.sha256).hexdigest()[:32]
    assert token("13800001111", key=KEY) == f"tk_{expected}"


@pytest.mark.parametrize(
    "written", ["+8613800001111", "+86 138-0000-1111", "008613800001111", " 138 0000\u30001111"]
)
def test_every_way_to_write_a_number_gives_one_token(engine: duckdb.DuckDBPyConnection, written: str) -> None:
    assert normalised(written) == "13800001111"
    assert in_sql(engine, [written]) == [token("13800001111", key=KEY)]


def test_the_check_letter_of_an_identity_card_may_be_small() -> None:
    assert token("11010119900307123x", key=KEY) == token("11010119900307123X", key=KEY)


def test_null_has_no_token(engine: duckdb.DuckDBPyConnection) -> None:
    assert in_sql(engine, [None]) == [None]


@pytest.mark.parametrize("key", [b"", b"k", b"k" * 64, b"k" * 65, bytes(range(256))])
def test_a_key_of_any_length_gives_the_same_token_in_sql(
    engine: duckdb.DuckDBPyConnection, key: bytes
) -> None:
    assert in_sql(engine, ["13800001111"], key) == [token("13800001111", key=key)]


def test_another_key_gives_another_token() -> None:
    assert token("13800001111", key=KEY) != token("13800001111", key=KEY + b"!")


@given(st.lists(st.text(), max_size=30))
@settings(max_examples=15, deadline=None)
def test_sql_and_python_agree_on_any_text(values: list[str]) -> None:
    with duckdb.connect() as engine:
        assert in_sql(engine, list(values)) == [token(value, key=KEY) for value in values]


def test_the_key_stands_in_no_query(engine: duckdb.DuckDBPyConnection) -> None:
    install_key(engine, KEY)
    assert KEY.hex() not in token_sql("value")
    assert KEY.decode() not in token_sql("value")
