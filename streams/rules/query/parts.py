"""Parts: what a parser has read so far, and the query it all makes; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streams.rules.ast import Node, Not


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query as read: what must all hold, what must not, and which items it looks at.

    Of the outermost AND; `langs`, `outlets` and `not_outlets` are words as written, with `@lists`.
    """

    wanted: tuple[Node, ...]
    none: tuple[Node, ...] = ()
    langs: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    not_outlets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Something read: its span, its node or the filter it is, and how deep it goes."""

    start: int
    end: int
    node: Node | None = None
    depth: int = 1
    filter: str = ""
    values: tuple[str, ...] = ()
    negated: bool = False


def whole(parts: Sequence[Part], fault: Callable[[Part, str], None]) -> Query:
    """The outermost AND: its filters and what it excludes by themselves."""
    found: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if part.filter:
            name = f"not_{part.filter}" if part.negated else part.filter
            if name in found and not part.negated:
                fault(part, f"{part.filter}: once is enough: {part.filter}:(… OR …)")
            if name == "not_lang":
                fault(part, "lang: cannot be excluded; write the languages you want")
            found[name] = (*found.get(name, ()), *part.values)
    nodes = [part.node for part in parts if part.node is not None]
    return Query(
        wanted=tuple(node for node in nodes if not isinstance(node, Not)),
        none=tuple(node.of for node in nodes if isinstance(node, Not)),
        langs=found.get("lang", ()),
        outlets=found.get("outlet", ()),
        not_outlets=found.get("not_outlet", ()),
    )
