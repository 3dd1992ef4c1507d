"""Bias: does the result of a campaign say what was planted, over many worlds?

Belongs here: worlds whose potential outcomes are known, the gate's own assignment, and the comparison.
Does not belong here: the statistics (ml), the gate (operations).

Everybody has an outcome with and one without the contact; the effect is their mean difference over those assigned.
A quarter of the treated is never reached, which counts: the result is by intention to treat.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import fmean, stdev

import duckdb
import pandas as pd

from ml.experiments import ARM, CONTROL, RATIO_ALARM, Result, intention_to_treat
from operations.campaigns import Campaign
from operations.contact_gate import verdicts
from operations.contact_policy import load_policy
from storage.engine import connect
from tests.acceptance.figures import Figure, Stage
from tests.unit.operations.test_contact_gate import campaign
from tests.unit.operations.worlds import AS_OF, SCOPES, TABLES, Person, fill

NAME = "bias"
OWN_CHANCE, REACHED, ANSWERS = (0.02, 0.10), 0.75, 0.08
_COVERED_AT_LEAST = 0.8


@dataclass(frozen=True)
class Trial:
    """One world: what was planted among those assigned, and what the result said."""

    planted: float
    result: Result

    @property
    def error(self) -> float:
        """What the result said beyond what was planted."""
        return (self.result.effect.difference or 0.0) - self.planted

    @property
    def is_covered(self) -> bool:
        """Whether what was planted lies within the interval."""
        low, high = self.result.effect.difference_low, self.result.effect.difference_high
        return low is not None and high is not None and low <= self.planted <= high


def measure(stage: Stage) -> Iterator[Figure]:
    """Yield the bias of the effect, and how often its interval holds what was planted."""
    size = stage.size
    trials = []
    for seed in range(1, size.worlds + 1):
        trials.append(try_world(seed, people=size.assigned))
        stage.say(f"{NAME}: world {seed} of {size.worlds}: {trials[-1].error:+.4f}")
    errors = [trial.error for trial in trials]
    bias, spread = fmean(errors), stdev(errors) / math.sqrt(len(errors))
    covered = sum(trial.is_covered for trial in trials)
    alarms = sum((trial.result.sample_ratio_p_value or 0.0) < RATIO_ALARM for trial in trials)
    planted = fmean(trial.planted for trial in trials)
    yield Figure(
        claim="the result of a campaign is not biased: mean error within three standard errors of none, intervals hold"
        f" what was planted in at least {_COVERED_AT_LEAST:.0%} of the worlds, no false alarm of the sample ratio",
        command=f"python -m tests.acceptance --only {NAME}",
        seed=f"1 to {size.worlds}",
        measured=f"mean error {bias:+.4f} ± {spread:.4f} of a planted {planted:+.4f}; {covered} of {len(trials)}"
        f" intervals hold it; {alarms} alarms; {size.assigned:,} people a world",
        is_met=abs(bias) <= 3 * spread and covered >= _COVERED_AT_LEAST * len(trials) and alarms == 0,
    )


def try_world(seed: int, *, people: int) -> Trial:
    """Return what the result says of one world, whose people are assigned by the gate itself."""
    draw = random.Random(seed)
    meant = replace(campaign(level=None), code=f"CMP-{seed:03d}")
    with closing(connect()) as engine:
        arms = _assigned(engine, _crowd(seed, people), meant)
    rows = []
    for arm in arms:
        without = draw.random() < draw.uniform(*OWN_CHANCE)
        with_contact = without or (draw.random() < REACHED and draw.random() < ANSWERS)
        rows.append((arm, without, with_contact))
    told = pd.DataFrame(rows, columns=[ARM, "without", "with_contact"])
    seen = told.assign(
        outcome=told["without"].where(told[ARM] == CONTROL, told["with_contact"]).astype("float64")
    )
    return Trial(
        planted=float(told["with_contact"].mean() - told["without"].mean()),
        result=intention_to_treat(seen, "outcome", control_share=meant.control_share),
    )


def _crowd(seed: int, people: int) -> list[Person]:
    return [Person(f"p{seed}-{number}", scopes=dict.fromkeys(SCOPES, True)) for number in range(people)]


def _assigned(engine: duckdb.DuckDBPyConnection, people: list[Person], meant: Campaign) -> list[str]:
    """Return the arm of everybody whom the gate lets pass, in the order of their ids."""
    for statement in TABLES.split(";")[:-1]:
        engine.execute(statement)
    fill(engine, people, segment_code="SEG-A01")
    query = verdicts(meant, load_policy(), as_of_date=AS_OF, consents_delivered_on=AS_OF)
    found = engine.execute(
        f"select arm_type from ({query.sql}) as judged where is_allowed order by person_id", query.values
    ).fetchall()
    return [arm for (arm,) in found]
