"""The pages that people look at.

Belongs here: pages and charts that read a published snapshot, read-only, opened and closed per request.
Does not belong here: arithmetic (a figure is a column of a published table), anything that starts a run.
"""
