"""Lint: what is probably not meant in a book that is in order; a book in, findings out; pure.

`covering` says which words find whatever others find, `entailing` which clauses hold whenever
others do; `alternatives`, `unreachable`, `anchors`, `spelling` look at one rule, `between` at all
of them, `lists` at word lists.  `look` calls them all.  Invariant: what a finding says of a rule
holds for every item the oracle can be given, in the language the finding names.
"""
