"""Promotion: whether a newly trained model may serve.

Belongs here: the comparison with the one-line rule and with the champion, in words and figures.
Does not belong here: training, and where a promotion is written down.
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.evaluation import Outcomes, Scores, average_precision, difference, roc_auc

TOO_GOOD = 0.98
"""Nobody orders people so well by what was known before: above it, the label has leaked into the features."""


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger serves from now on, and why."""

    is_promoted: bool
    reason: str


def judge(
    outcomes: Outcomes, challenger: Scores, *, rule: Scores, champion: Scores | None, seed: int
) -> Verdict:
    """Compare scores of the same people of the test origin; `champion` is None before the first promotion.

    It serves when its average precision is above the rule's beyond chance (95 % interval of the difference), and not
    below the champion's; never when its area under the curve is above TOO_GOOD.
    """
    area = roc_auc(outcomes, challenger)
    if area > TOO_GOOD:
        return _refused(f"an area under the curve of {area:.3f} is too good: the label has leaked")
    own, bar = average_precision(outcomes, challenger), average_precision(outcomes, rule)
    gained = difference(average_precision, outcomes, challenger, rule, seed=seed)
    told = f"average precision {own:.3f} against {bar:.3f} of the one-line rule"
    if gained.low <= 0:
        return _refused(f"{told}: the difference of {gained.low:+.3f} to {gained.high:+.3f} may be chance")
    if champion is None:
        return _promoted(f"{told}; there was no champion")
    served = average_precision(outcomes, champion)
    if own < served:
        return _refused(f"{told}, but {served:.3f} of the champion")
    return _promoted(f"{told} and {served:.3f} of the champion")


def _promoted(reason: str) -> Verdict:
    return Verdict(is_promoted=True, reason=reason)


def _refused(reason: str) -> Verdict:
    return Verdict(is_promoted=False, reason=reason)
