"""Spoken: what can be near something, or be counted, and what to say of the rest; pure."""

from streams.rules.ast import And, AtLeast, Near, Node, Not, NotNear, Or, Scoped, Term

MAX_SHOWN_CHARS = 40
"""Of a query, in a message about a part of it."""


def unspoken(node: Node) -> str:
    """Why a node has no places in a text; empty if it has."""
    match node:
        case Term() | Near() | NotNear():
            return ""
        case Or(of):
            return next(filter(None, map(unspoken, of)), "")
        case And():
            return "AND cannot stand beside"
        case Not():
            return "NOT cannot stand beside"
        case Scoped():
            return "a field cannot stand beside"
        case AtLeast():
            return "ATLEAST cannot stand beside"
        case _:
            return "this cannot stand beside"


def fitting(node: Node, operator: str) -> str:
    """What to write in place of it."""
    match node:
        case Scoped() if "ATLEAST" not in operator:
            return f"write title:(a {operator} b)"
        case And() if "ATLEAST" not in operator:
            return f"write (x {operator} a) AND (x {operator} b)"
        case _:
            return "words, phrases and (a OR b) can"


def clipped(text: str) -> str:
    """The text, or its beginning."""
    return text if len(text) <= MAX_SHOWN_CHARS else text[: MAX_SHOWN_CHARS - 1] + "…"
