"""Explaining: why a rule hits or misses an item, clause by clause, and what its tests prove.

`clauses` weighs every clause, `reasons` puts it into words, `explain` does so for a rule and looks
for the nearest misses, `trial` runs a rule's own tests, `coverage` says what they never touch.
"""
