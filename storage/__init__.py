"""Storage: the files under one home folder and the rules by which they change.

Belongs here: the ledger, the raw store, intake, the lake, quarantine, the private build file, published versions.
Does not belong here: what a source promises (data_contracts), SQL about customers, Dagster.
"""
