"""Speed and size, measured side by side with the plain way of doing the same work.

Belongs here: seeded inputs of realistic entropy, the measured product code, the peer, one table of results.
Does not belong here: anything the product imports, and correctness, which tests prove.
"""
