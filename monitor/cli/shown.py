"""Shown: text of unknown origin as a terminal may have it.

In: what somebody else wrote.  Out: the same, without anything that a terminal would obey or that
changes the order of what is read.
"""

_JOINERS = "\u200c\u200d"
"""Words of several scripts need them; they do no harm."""


def printable(text: str) -> str:
    """The text with its lines; other control and format characters are spelled out."""
    return "".join(c if c in "\n\t" else _spelled(c) for c in text)


def one_line(text: str) -> str:
    """The text on one line."""
    return "".join(map(_spelled, text))


def as_text(value: bytes) -> str | None:
    """The bytes as text, or None where they are none."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _spelled(char: str) -> str:
    if char.isprintable() or char in _JOINERS:
        return char
    return char.encode("unicode_escape").decode("ascii")
