"""What sources promise: one contract per table, its loader, the strict reader and the suites built from it.

Belongs here: contracts, source mappings, and everything that follows from them alone.
Does not belong here: where files lie, what was seen before, Dagster; nothing of ours is imported here.
"""
