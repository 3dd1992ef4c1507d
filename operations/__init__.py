"""What marketing edits and the compiler that turns it into SQL.

Belongs here: segments, journeys, campaigns, slots, contact policy as YAML; their validation; the compiler.
Does not belong here: measuring (dbt models), when anything runs (orchestration), an engine's connection.
"""
