"""What can be wrong with a field of a contract.

Each case: text to find in ORDERS, what stands there instead, the text whose line is named, a part of the reason.
"""

FIELD_FAULTS = {
    "an unknown type": (
        "physicalType: BIGINT",
        "physicalType: INT",
        "physicalType: INT",
        "has unknown type 'INT'",
    ),
    "a decimal with more places than digits": (
        "(18,2)",
        "(2,18)",
        "(2,18)",
        "has unknown type 'DECIMAL(2,18)'",
    ),
    "types that disagree": (
        "integer",
        "number",
        "number",
        "'line_no': BIGINT is logicalType integer, not number",
    ),
    "a list of other things than text": (
        "          logicalType: string\n",
        "          logicalType: date\n",
        "items:",
        "items of",
    ),
    "a missing classification": (
        "        classification: C1\n        description: Number",
        "        description: Number",
        "- name: line_no",
        "field 'line_no' has no classification; one of C1, C2, C3 is needed",
    ),
    "an unknown classification": (
        "C2",
        "secret",
        "classification: secret",
        "unknown classification 'secret'",
    ),
    "a token that is no text": (
        "classification: C1\n        description: What",
        "classification: C2\n        description: What",
        "classification: C2",
        "field 'amount_cny': only VARCHAR can be C2",
    ),
    "a missing description": (
        "        description: What it cost.\n",
        "",
        "- name: amount_cny",
        "'description' is missing",
    ),
    "a name in another style": (
        "name: line_no",
        "name: lineNo",
        "name: lineNo",
        "field name 'lineNo' must be lower",
    ),
    "a name that the lake takes": (
        "name: labels",
        "name: delivery_date",
        "delivery_date",
        "'delivery_date' is taken",
    ),
    "a field twice": (
        "name: shipped_on",
        "name: order_id",
        "- name: order_id",
        "field 'order_id' stands twice",
    ),
    "a source value read twice": (
        "physicalName: line",
        "physicalName: order_id",
        "name: order_id",
        "is read by two fields",
    ),
    "a path with an empty part": (
        "properties.$time",
        "properties..t",
        "properties..t",
        "empty part between its dots",
    ),
    "two first key fields": (
        "Position: 2",
        "Position: 1",
        "primaryKeyPosition: 1",
        "needs its own primaryKeyPosition",
    ),
    "a gap in the key": (
        "Position: 2",
        "Position: 3",
        "properties:",
        "must count from 1 without gaps, not [1, 3]",
    ),
    "a key field that is never stored": (
        "classification: C1\n        description: Number",
        "classification: C3\n        description: Number",
        "classification: C3",
        "key field 'line_no' is C3 and would never be stored",
    ),
}
