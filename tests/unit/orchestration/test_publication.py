"""Nothing is published unless every check of the very run has run and passed."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.publication import PublicationRefusedError, refuse_unless_checked

TABLE = dg.AssetKey(["marts", "table"])
EVERY_CHECK = [dg.AssetCheckKey(TABLE, "counts"), dg.AssetCheckKey(TABLE, "warns")]
SEVERITY = {"counts": dg.AssetCheckSeverity.ERROR, "warns": dg.AssetCheckSeverity.WARN}


def run_with(instance: dg.DagsterInstance, **passed: bool) -> str:
    """Run an asset whose checks end as told and return the run's id; a check that is not named does not run."""

    @dg.asset(key=TABLE, check_specs=[dg.AssetCheckSpec(name, asset=TABLE) for name in passed])
    def table() -> dg.MaterializeResult:
        results = [
            dg.AssetCheckResult(check_name=name, passed=passed[name], severity=SEVERITY[name])
            for name in passed
        ]
        return dg.MaterializeResult(check_results=results)

    return dg.materialize([table], instance=instance).run_id


def test_a_run_in_which_every_check_passed_may_publish() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = run_with(instance, counts=True, warns=True)
        refuse_unless_checked(instance, run_id, required=EVERY_CHECK)


def test_a_failed_check_is_named() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = run_with(instance, counts=False, warns=True)
        with pytest.raises(PublicationRefusedError, match="counts of marts/table failed"):
            refuse_unless_checked(instance, run_id, required=EVERY_CHECK)


def test_a_warning_stops_nothing() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = run_with(instance, counts=True, warns=False)
        refuse_unless_checked(instance, run_id, required=EVERY_CHECK)


def test_a_check_that_only_an_earlier_run_passed_is_missing() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_with(instance, counts=True, warns=True)
        run_id = run_with(instance, warns=True)
        with pytest.raises(PublicationRefusedError, match="counts of marts/table did not run"):
            refuse_unless_checked(instance, run_id, required=EVERY_CHECK)
