"""Readings: the two things a query with AND and OR and no brackets may mean; pure."""

from collections.abc import Sequence

MAX_READING_CHARS = 1_000
"""Of one reading shown: longer ones are no help to the eye."""


def readings(parts: Sequence[str], ands: Sequence[bool]) -> str:
    """Both, in full; `ands` says of each join whether it is AND."""
    or_first = _grouped(parts, ands, inner=False)
    and_first = _grouped(parts, ands, inner=True)
    return f"AND and OR mixed: write {or_first} or {and_first}"


def _grouped(parts: Sequence[str], ands: Sequence[bool], *, inner: bool) -> str:
    """The parts with brackets around what the `inner` operator joins."""
    groups = [[parts[0]]]
    for part, is_and in zip(parts[1:], ands, strict=True):
        if is_and is inner:
            groups[-1].append(part)
        else:
            groups.append([part])
    word, outer = (" AND ", " OR ") if inner else (" OR ", " AND ")
    shown = outer.join(f"({word.join(g)})" if len(g) > 1 else g[0] for g in groups)
    return shown if len(shown) <= MAX_READING_CHARS else shown[:MAX_READING_CHARS] + "…"
