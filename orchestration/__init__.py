"""Orchestration: Dagster, dbt and the command line; when things run, in what order, and what stops them.

Belongs here: wiring. An asset reads, calls and writes.
Does not belong here: SQL about customers (dbt_project), reading files (storage), thresholds and business rules.
"""
