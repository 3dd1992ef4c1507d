"""Models and statistics as pure functions: frames in, frames out.

Belongs here: churn, lookalike, attribution, experiment statistics, evaluation, drift.
Does not belong here: Dagster, SQL, connections, paths, clocks, environment; seeds and dates are arguments.
"""
