"""Bytes of models: equal for equal models in any process, and nothing in them is run when they are read."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from skops.io import dumps

from ml.model_bytes import UntrustedModelError, from_bytes, to_bytes

FIT = """
import hashlib, sys
from ml import churn
from ml.model_bytes import to_bytes
from ml.training import split_by_time
from tests.unit.ml.people import examples
model = churn.fit(split_by_time(examples(300, seed=2), label=churn.LABEL), seed=1)
sys.stdout.write(hashlib.sha256(to_bytes(model.estimator)).hexdigest())
"""


def line() -> LogisticRegression:
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(100, 3))
    return LogisticRegression().fit(rows, rows[:, 0] > 0)


def test_another_process_with_another_number_of_threads_makes_the_same_bytes() -> None:
    made = {
        subprocess.run(
            [sys.executable, "-c", FIT],
            env={**os.environ, "OMP_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(made) == 1
    assert len(made.pop()) == len(hashlib.sha256().hexdigest())


def test_what_was_written_is_read_again() -> None:
    model = line()
    restored = from_bytes(to_bytes(model))
    assert np.array_equal(restored.coef_, model.coef_)
    assert to_bytes(restored) == to_bytes(model)


def test_a_type_that_no_model_consists_of_is_refused_by_name() -> None:
    with pytest.raises(UntrustedModelError, match=r"operator\.itemgetter"):
        from_bytes(dumps({"model": __import__("operator").itemgetter(0)}))


def test_a_pickle_is_no_model() -> None:
    # Read as a pickle, these bytes end the process.
    with pytest.raises(zipfile.BadZipFile):
        from_bytes(b"cos\nabort\n(tR.")


def test_a_pickle_inside_of_an_archive_is_not_opened() -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.abort, ()  # type: ignore[return-value]

    data = io.BytesIO(to_bytes(line()))
    with zipfile.ZipFile(data) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    # An array of objects is how numpy would carry a pickle.
    poisoned = io.BytesIO()
    array = io.BytesIO()
    np.save(array, np.array([Harm()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(poisoned, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, array.getvalue() if name.endswith(".npy") else content)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        from_bytes(poisoned.getvalue())
