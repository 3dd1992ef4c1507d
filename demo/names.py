"""How the broker numbers things, so that the app and the back office speak of the same order or attempt.

Belongs here: the text of every number and reference, of many people at once.
Does not belong here: what they refer to.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from demo.draws import Flags, Integers

compute: Any = pyarrow.compute
"""Its functions come to be when it is imported, where no type checker sees them."""
BRANCHES, MANAGERS = 12, 24
_LOGIN = re.compile(r"u(\d+)")
_HEX = np.asarray([list(f"{value:02x}".encode()) for value in range(256)], dtype=np.uint8)
_UPPER = np.asarray([list(f"{value:02X}".encode()) for value in range(256)], dtype=np.uint8)
_DASHES = (8, 13, 18, 23)


def padded(values: Integers, width: int) -> pa.Array:
    """Write whole numbers with leading zeros; longer ones keep all their digits."""
    return compute.utf8_lpad(pa.array(values).cast(pa.string()), width, padding="0")


def joined(*parts: pa.Array | str) -> pa.Array:
    """Write texts one after the other, row by row; a text stands in every row."""
    return compute.binary_join_element_wise(*parts, "")


def login_id(index: Integers) -> pa.Array:
    """Name people as the app knows them once registered."""
    return joined("u", pa.array(100_000 + index * 7).cast(pa.string()))


def person_of_login(login: str) -> int:
    """Return whose login it is; -1 when nobody's."""
    found = _LOGIN.fullmatch(login)
    number = int(found.group(1)) - 100_000 if found else -1
    return number // 7 if number >= 0 and number % 7 == 0 else -1


def customer_no(index: Integers) -> pa.Array:
    """Name people as customers of the broker."""
    return pa.array(88_000_000 + index * 3).cast(pa.string())


def mobile(index: Integers) -> pa.Array:
    """Return well-formed mobile numbers that belong to nobody."""
    return joined("199", padded(index, 8))


def identity_number(index: Integers, born: Integers) -> pa.Array:
    """Return well-formed 18-digit numbers, check digit included, of a region (99) that does not exist.

    `born` counts days from 1970-01-01.
    """
    days = born.astype("datetime64[D]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    digits = _digits(((year * 100 + month) * 100 + day) * 1000 + index % 1000, 11)
    weights = np.asarray((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    body = np.concatenate([np.tile([9, 9, 0, 0, 0, 0], (len(index), 1)), digits], axis=1)
    check = np.frombuffer(b"10X98765432", dtype=np.uint8)[(body * weights).sum(axis=1) % 11]
    return texts(np.concatenate([body.astype(np.uint8) + ord("0"), check[:, None]], axis=1))


def bank_card(index: Integers) -> pa.Array:
    """Return 19-digit card numbers, check digit (Luhn) included, of an issuer that does not exist."""
    body = np.concatenate([np.tile([6, 2, 9, 9, 9, 9], (len(index), 1)), _digits(index, 12)], axis=1)
    doubled = body[:, ::-1] * np.where(np.arange(body.shape[1]) % 2 == 0, 2, 1)
    total = np.where(doubled > 9, doubled - 9, doubled).sum(axis=1)
    return texts(np.concatenate([body, (-total % 10)[:, None]], axis=1).astype(np.uint8) + ord("0"))


def device_id(first: Integers, second: Integers, *, is_ios: Flags) -> pa.Array:
    """Name devices by two random words: in the form of iOS, or the 16 digits of others."""
    words = np.stack([first, second], axis=1).astype(">u8").view(np.uint8)
    upper = _UPPER[words].reshape(len(words), 32)
    for place in _DASHES:
        upper = np.insert(upper, place, ord("-"), axis=1)
    return compute.if_else(pa.array(is_ios), texts(upper), texts(_HEX[words[:, :8]].reshape(len(words), 16)))


def texts(characters: np.ndarray) -> pa.Array:
    """Return a text per row of a table of character codes."""
    rows, width = characters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    content = np.ascontiguousarray(characters)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(content))


def dated(letter: str, day: date, index: Integers, number: Integers, *, width: int) -> pa.Array:
    """Name something of a person and day that is counted: a letter, the date, the person, the count."""
    return joined(f"{letter}{day:%Y%m%d}", padded(index, 6), padded(number, width))


def attempt_id(index: Integers, number: Integers) -> pa.Array:
    """Name applications for an account."""
    return joined("A", padded(index, 6), "-", pa.array(number).cast(pa.string()))


def branch_id(index: Integers) -> pa.Array:
    """Name the branches that people belong to."""
    return joined("B", padded(index % BRANCHES + 1, 3))


def _digits(values: Integers, width: int) -> Integers:
    return values[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10
