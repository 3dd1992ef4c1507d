"""Experiments: what being assigned to the treatment changed, with an interval, and whether the arms can be compared.

Belongs here: the statistics of two arms, over everybody who was assigned (intention to treat).
Does not belong here: who is assigned (operations), what an outcome is (SQL), attribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
import tea_tasting as tt

CONTROL, TREATMENT = "control", "treatment"
ARM = "arm_type"
RATIO_ALARM = 0.001
"""Below this chance of the counts under the planned split, people were lost on the way and no result is honest."""

_FEWEST_OF_AN_ARM = 2


@dataclass(frozen=True)
class Effect:
    """The mean of an outcome in either arm, their difference, and what of the difference may be chance.

    Intervals are at 95 %. What cannot be told is None: every figure but the means where an arm has fewer than two
    people or an outcome that never varies; the relative ones where the control's mean is 0.
    """

    control_mean: float | None
    treatment_mean: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    relative_difference: float | None
    relative_difference_low: float | None
    relative_difference_high: float | None
    p_value: float | None


@dataclass(frozen=True)
class Result:
    """What an experiment showed of one outcome; people are counted by the arm they were assigned to."""

    control_count: int
    treatment_count: int
    effect: Effect
    sample_ratio_p_value: float | None

    @property
    def is_comparable(self) -> bool:
        """Whether the counts of the arms are those of the planned split."""
        return self.sample_ratio_p_value is not None and self.sample_ratio_p_value >= RATIO_ALARM


def intention_to_treat(assigned: pd.DataFrame, outcome: str, *, control_share: float) -> Result:
    """Compare the arms in `outcome`, a number per person; a yes-or-no outcome is 0 or 1.

    `assigned` has a row for everybody who was assigned, reached or not, with ARM and `outcome`; nobody may be left out
    for what happened after. `control_share` is the planned share of the control arm, above 0 and below 1.
    The difference has the variance s²/n of either arm; the relative one is that of the logarithm of the ratio, by the
    delta method; the sample ratio is a chi-squared test of the counts. Raises ValueError for an unknown arm, for an
    outcome that is missing, and for a share that leaves an arm empty.
    """
    if not 0 < control_share < 1:
        raise ValueError(f"a control share of {control_share} leaves an arm empty")
    strangers = sorted(set(assigned[ARM]) - {CONTROL, TREATMENT})
    if strangers:
        raise ValueError(f"there is no arm {', '.join(map(str, strangers))}")
    if assigned[outcome].isna().any():
        raise ValueError(f"{outcome} is missing of {assigned[outcome].isna().sum()} people")
    counts = assigned[ARM].value_counts()
    control, treatment = int(counts.get(CONTROL, 0)), int(counts.get(TREATMENT, 0))
    people = pd.DataFrame({ARM: assigned[ARM], outcome: assigned[outcome].astype("float64")})
    return Result(
        control_count=control,
        treatment_count=treatment,
        effect=_effect(people, outcome),
        sample_ratio_p_value=_sample_ratio(people, (1 - control_share) / control_share),
    )


def _effect(people: pd.DataFrame, outcome: str) -> Effect:
    values = {arm: people.loc[people[ARM] == arm, outcome] for arm in (CONTROL, TREATMENT)}
    control, treatment = (float(values[arm].mean()) for arm in (CONTROL, TREATMENT))
    is_enough = min(map(len, values.values())) >= _FEWEST_OF_AN_ARM
    if not is_enough or all(one.nunique() == 1 for one in values.values()):
        return Effect(_told(control), _told(treatment), *[None] * 7)
    metric = tt.Mean(outcome, use_t=False, equal_var=False)
    found = metric.analyze(people, control=CONTROL, treatment=TREATMENT, variant=ARM)
    is_relative = control > 0 and treatment > 0
    return Effect(
        control_mean=_told(found.control),
        treatment_mean=_told(found.treatment),
        difference=_told(found.effect_size),
        difference_low=_told(found.effect_size_ci_lower),
        difference_high=_told(found.effect_size_ci_upper),
        relative_difference=_told(found.rel_effect_size) if control > 0 else None,
        relative_difference_low=_told(found.rel_effect_size_ci_lower) if is_relative else None,
        relative_difference_high=_told(found.rel_effect_size_ci_upper) if is_relative else None,
        p_value=_told(found.pvalue),
    )


def _sample_ratio(people: pd.DataFrame, treatment_to_control: float) -> float | None:
    if people[ARM].nunique() < 2:
        return None
    metric = tt.SampleRatio(treatment_to_control, method="norm", correction=False)
    found = metric.analyze(people, control=CONTROL, treatment=TREATMENT, variant=ARM)
    return _told(found.pvalue)


def _told(figure: float) -> float | None:
    return None if math.isnan(figure) else float(figure)
