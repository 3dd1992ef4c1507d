"""A small simulated brokerage that writes the landing files a broker's systems would deliver.

Belongs here: people, their days, the market around them, and the files that describe them.
Does not belong here: anything of the product; a real broker would not import it either.
"""
