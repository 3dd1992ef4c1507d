"""Cards: what a model learned from, how good it is, and what reading its scores needs.

Belongs here: the card, its JSON, and its page for people.
Does not belong here: figures of any one model, and where a card is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from pydantic import TypeAdapter

from ml.drift import Profile, stability_index
from ml.evaluation import Estimate
from ml.training import ORIGIN, Parts, require_columns


class SchemaChangedError(ValueError):
    """Raised when a model is asked to score by other features than those it learned."""


@dataclass(frozen=True)
class Examples:
    """The examples of one part: their origins, how many there were, and to how many it happened."""

    origins: tuple[str, ...]
    people_count: int
    positive_count: int


@dataclass(frozen=True)
class ModelCard:
    """One trained model; `figures` and `tiers` are of the test part, `profiles` of the part it learned from.

    `reference`: the median person it learned from. `base_rate`: how often it happened to those it was calibrated on.
    """

    name: str
    predicts: str
    kind: str
    seed: int
    libraries: Mapping[str, str]
    examples: Mapping[str, Examples]
    figures: Mapping[str, Estimate]
    rule_average_precision: float
    tiers: Mapping[str, Mapping[str, float]]
    base_rate: float
    features: tuple[str, ...]
    reference: Mapping[str, float]
    profiles: Mapping[str, Profile]

    def require_features(self, names: tuple[str, ...]) -> None:
        """Raise SchemaChangedError unless `names` are the features that it learned, in that order."""
        if names != self.features:
            odd = sorted({*names} ^ {*self.features}) or ["their order"]
            raise SchemaChangedError(f"{self.name} learned other features: {', '.join(odd)}")

    def stability(self, features: pd.DataFrame) -> dict[str, float]:
        """Return the stability index of each feature, the least stable first."""
        known = require_columns(features, self.features)
        found = {name: stability_index(self.profiles[name], known[name]) for name in self.features}
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


_ADAPTER = TypeAdapter(ModelCard)


def to_json(card: ModelCard) -> bytes:
    """Return the card as JSON; equal cards give equal bytes."""
    return _ADAPTER.dump_json(card, indent=1) + b"\n"


def from_json(data: bytes) -> ModelCard:
    """Return the card; raises pydantic.ValidationError when it is none."""
    return _ADAPTER.validate_json(data)


def told(card: ModelCard) -> str:
    """Return the card as Markdown."""
    lines = [f"# {card.name}: {card.predicts}", "", f"{card.kind}, seed {card.seed}", ""]
    lines += ["| examples | origins | people | of them it happened to |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {use} | {', '.join(part.origins)} | {part.people_count:,} | {part.positive_count:,} |"
        for use, part in card.examples.items()
    ]
    lines += ["", "| figure of the test | value | 95 % interval |", "| --- | --- | --- |"]
    lines += [
        f"| {name.replace('_', ' ')} | {figure.value:.3f} | {figure.low:.3f} to {figure.high:.3f} |"
        for name, figure in card.figures.items()
    ]
    lines += [f"| average precision of the one-line rule | {card.rule_average_precision:.3f} | |"]
    if card.tiers:
        names = list(next(iter(card.tiers.values())))
        lines += ["", f"| tier | {' | '.join(name.replace('_', ' ') for name in names)} |"]
        lines += ["| --- " * (len(names) + 1) + "|"]
        lines += [
            f"| {tier} | {' | '.join(f'{figures[name]:,.3g}' for name in names)} |"
            for tier, figures in card.tiers.items()
        ]
    return "\n".join(lines) + "\n"


def examples_of(parts: Parts, *, label: str) -> dict[str, Examples]:
    """Return what each part holds."""
    return {
        use: Examples(
            origins=tuple(sorted({str(origin)[:10] for origin in part[ORIGIN]})),
            people_count=len(part),
            positive_count=int(part[label].sum()),
        )
        for use, part in (("fit", parts.fit), ("calibrate", parts.calibrate), ("test", parts.test))
    }
