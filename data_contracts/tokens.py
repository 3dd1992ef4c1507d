"""Keyed tokens: what stands in for a phone, identity card or bank card number from the door on.

Belongs here: normalising such a number and turning it into a token, in SQL and in Python, with equal results.
Does not belong here: where the key is kept, and turning a token back (only a channel's dispatcher can).

A plain hash would hide nothing: all Chinese mobile numbers can be hashed in an hour. HMAC-SHA256 (RFC 2104)
with a secret key does; the same number gives the same token in every table.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import string

import duckdb

_BLOCK = 64  # SHA-256 block size in bytes (FIPS 180-4), the padding length of HMAC
_HEX_LENGTH = 32  # 128 bits are kept: no two of a billion numbers collide in practice
# Written out, so that Python and DuckDB cannot differ in what they call a blank or an upper-case letter.
_SEPARATORS = "[ \t\r\n\u00a0\u3000-]"
_COUNTRY = r"^(\+86|0086)"
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def token(value: str, *, key: bytes) -> str:
    """Return the token of one number, e.g. `tk_9f…` (35 characters)."""
    digest = hmac.new(key, normalised(value).encode(), hashlib.sha256).hexdigest()
    return f"tk_{digest[:_HEX_LENGTH]}"


def normalised(value: str) -> str:
    """Return `value` with ASCII letters in upper case, without blanks, hyphens and a leading +86 or 0086."""
    return re.sub(_COUNTRY, "", re.sub(_SEPARATORS, "", value).translate(_UPPER))


def install_key(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give `connection` the two padded keys that `token_sql` refers to, so that no query text holds the key."""
    padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    connection.execute("set variable token_inner = $1", [bytes(byte ^ 0x36 for byte in padded)])
    connection.execute("set variable token_outer = $1", [bytes(byte ^ 0x5C for byte in padded)])


def token_sql(value: str) -> str:
    """Return the SQL expression for the token of the SQL text expression `value`; NULL stays NULL."""
    compact = f"regexp_replace({value}, '{_SEPARATORS}', '', 'g')"
    upper = f"translate({compact}, '{string.ascii_lowercase}', '{string.ascii_uppercase}')"
    plain = f"regexp_replace({upper}, '{_COUNTRY}', '')"
    inner = f"unhex(sha256(getvariable('token_inner') || encode({plain})))"
    return f"'tk_' || left(sha256(getvariable('token_outer') || {inner}), {_HEX_LENGTH})"
