"""Model bytes: an estimator as bytes that run nothing when they are read, the same for the same estimator.

Belongs here: writing and reading with skops, and which types may be in such bytes.
Does not belong here: files and where they are kept.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from skops.io import dumps, get_untrusted_types, loads

_SCHEMA = "schema.json"
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_TRUSTED = frozenset({
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.frozen._frozen.FrozenEstimator",
})  # fmt: skip
"""Beside what skops itself trusts: classes that hold numbers and reach nothing outside."""


class UntrustedModelError(ValueError):
    """Raised for bytes that hold a type which no model of ours consists of; nothing of them was run."""


def to_bytes(estimator: object) -> bytes:
    """Return the estimator as a skops archive; equal estimators give equal bytes.

    skops names things by where they lay in memory, and an archive says when it was made: things are numbered instead,
    and what was shared in memory is written wherever it is met.
    """
    with zipfile.ZipFile(io.BytesIO(dumps(estimator))) as written:
        contents = {name: written.read(name) for name in written.namelist()}
    schema = json.loads(contents.pop(_SCHEMA))
    renamed: dict[str, bytes] = {}
    for number, node in enumerate(_named(schema)):
        node["__id__"] = number
        if "file" in node:
            name = f"{number}.npy"
            renamed[name], node["file"] = contents[node["file"]], name
    renamed[_SCHEMA] = json.dumps(schema, indent=1, sort_keys=True).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(renamed):
            entry = zipfile.ZipInfo(name, date_time=_NO_DATE)
            archive.writestr(entry, renamed[name], compress_type=zipfile.ZIP_DEFLATED)
    return target.getvalue()


def from_bytes(data: bytes) -> Any:  # noqa: ANN401 - whatever estimator it is
    """Return the estimator; raises UntrustedModelError naming the types that it may not hold."""
    strangers = sorted(set(get_untrusted_types(data=data)) - _TRUSTED)
    if strangers:
        raise UntrustedModelError(f"this is no model of ours: it holds {', '.join(strangers)}")
    return loads(data, trusted=sorted(_TRUSTED))


def _named(node: object) -> Iterator[dict[str, Any]]:
    """Yield whatever has a name, in an order that follows from what it is."""
    if isinstance(node, list):
        for item in node:
            yield from _named(item)
    elif isinstance(node, dict):
        if "__id__" in node:
            yield node
        for key in sorted(node):
            yield from _named(node[key])
