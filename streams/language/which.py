"""Which: the language an item is in: declared or guessed; pure.

In: what the outlet declared (`en-GB`, or nothing) and its texts.  Out: a two-letter code, empty
where nothing tells.  Invariant: the same words give the same answer; a declared language holds.
"""


def language(declared: str, *texts: str) -> str:
    """The two-letter code of the language the texts are in."""
    code = declared[:2].lower()
    return code if code.isalpha() else "en" if any(texts) else ""
