"""Kills: nights of a small home killed at seeded moments, in chains that kill the recovery as well.

Belongs here: how many chains there are and what they came to together.
Does not belong here: killing and judging (tests/reliability/killing.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.acceptance.figures import Figure, Stage
from tests.reliability.homes import make_nights
from tests.reliability.killing import Chain, run_chain

NAME = "kills"
COMMAND = "python -m tests.acceptance --only kills"
FIRST_SEED = 101
CHAIN_LENGTHS = (1, 2, 3, 4)


def measure(stage: Stage) -> Iterator[Figure]:
    """Yield the figures of all chains."""
    stage.say("running the undisturbed nights")
    nights = make_nights(stage.folder / "nights")
    undisturbed = f"{nights.first_seconds:.0f} s and {nights.next_seconds:.0f} s"
    stage.say(f"they took {undisturbed}")
    chains = [
        _chain(stage, seed, kills, run_chain(seed, kills, nights=nights, folder=stage.folder))
        for seed, kills in chain_sizes(stage.size.kills).items()
    ]
    seeds = f"{chains[0].seed}–{chains[-1].seed}"
    kills = sum(len(chain.kills) for chain in chains)
    problems = [problem for chain in chains for problem in chain.problems]
    yield Figure(
        claim=f"{stage.size.kills} seeded `kill -9` of a night, recoveries included: no row lost or doubled,"
        " healed by one plain re-run to the bytes of an undisturbed home",
        command=COMMAND,
        seed=seeds,
        measured=f"{kills} kills in {len(chains)} chains, {len(problems)} problems;"
        f" {sum(chain.rows for chain in chains):,} rows accounted for;"
        f" slowest re-run {max(second for chain in chains for second in chain.heals):.0f} s"
        f" (undisturbed nights {undisturbed})",
        is_met=kills == stage.size.kills and not problems,
    )
    errors = sum(chain.reader_errors for chain in chains)
    looks = sum(chain.looks for chain in chains)
    yield Figure(
        claim="a reader polling through all kills and re-runs never sees a torn version or an error",
        command=COMMAND,
        seed=seeds,
        measured=f"{looks:,} looks, {sum(chain.queries for chain in chains):,} of them with queries,"
        f" {errors} errors",
        is_met=looks > 0 and errors == 0,
    )


def chain_sizes(kills: int) -> dict[int, int]:
    """Return the kills of each chain, by its seed, so that they add up to `kills`."""
    sizes: dict[int, int] = {}
    while (left := kills - sum(sizes.values())) > 0:
        number = len(sizes)
        # Two chains of each length in turn: one from an empty home, one from a home that has published.
        sizes[FIRST_SEED + number] = min(CHAIN_LENGTHS[number // 2 % len(CHAIN_LENGTHS)], left)
    return sizes


def _chain(stage: Stage, seed: int, kills: int, chain: Chain) -> Chain:
    stage.say(
        f"chain {seed}: {kills} kills, healed in {chain.heals[-1]:.0f} s, {len(chain.problems)} problems"
    )
    for line in chain.problems:
        stage.say(f"chain {seed}: {line}")
    return chain
