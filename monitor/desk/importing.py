"""Importing: outlines of an OPML file in, what becomes of each out; pure.

Invariant: an address is listed once, whatever it is called; what is not taken says why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.desk.feedlist import NewFeed, feed_id
from monitor.feeds.address import hidden_login
from monitor.feeds.feed import Feed
from monitor.feeds.reading.canonical import canonical
from monitor.feeds.visiting.opml import BadOutline, Outline


class Fate(StrEnum):
    """What becomes of an outline."""

    ADDED = "added"
    LISTED = "listed"
    """Already, by the desk or further above."""
    REFUSED = "refused"
    """It has no usable address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An outline and its fate: `new` is what is added, `id` the feed that has its address."""

    line: int
    fate: Fate
    id: str = ""
    new: NewFeed | None = None
    why: str = ""


def new_feeds(listed: Sequence[Feed], outlines: Iterable[Outline | BadOutline]) -> list[Judged]:
    """The fate of each outline, in their order."""
    taken = {feed.id for feed in listed}
    known = {canonical(feed.url): feed.id for feed in listed if feed.url}
    judged: list[Judged] = []
    for outline in outlines:
        each = _judge(outline, known, taken)
        judged.append(each)
        if each.new:
            taken.add(each.id)
            known[canonical(each.new.url)] = each.id
    return judged


def _judge(outline: Outline | BadOutline, known: dict[str, str], taken: set[str]) -> Judged:
    if isinstance(outline, BadOutline):
        return Judged(line=outline.line, fate=Fate.REFUSED, why=outline.why)
    here = known.get(canonical(outline.url))
    if here:
        why = f'{hidden_login(outline.url)} is listed already, as "{here}"'
        return Judged(line=outline.line, fate=Fate.LISTED, id=here, why=why)
    new = NewFeed(
        id=feed_id(outline.outlet, outline.url, taken),
        url=outline.url,
        outlet=outline.outlet,
        folder=outline.folder,
    )
    return Judged(line=outline.line, fate=Fate.ADDED, id=new.id, new=new)
