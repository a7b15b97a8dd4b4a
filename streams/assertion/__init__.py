"""Assertion: does the news say that it is so, may be, is not, is undone, or stays possible?

In: a text, the span of what matched, and the text's language.  Out: a `Claim`.  It labels; what a
label does is the rule's word.
"""
