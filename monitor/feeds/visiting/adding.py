"""Adding: an address that a person names in, the feeds found there out.

The address is a feed, or a page that names feeds, or one of a host that has a feed in a usual
place.  Invariant: a bounded number of requests; what was looked at and is no feed is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.feeds.address import same_origin, with_login_of
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.redacted import redacted_url
from monitor.feeds.fetching.secrets import Secret
from monitor.feeds.reading.canonical import canonical
from monitor.feeds.visiting.discovery import USUAL_PATHS, Link, named_feeds, usual_addresses
from monitor.feeds.visiting.visit import Unvisited, Visited, Visits, Way
from streams.item import Item

ASKED = "asked"
"""Stands for the id of the feed that a person names."""

_ADVICE = {
    Way.ALLOW_PRIVATE: "; with --private, if it is on your own network",
    Way.AUTH: "; with --auth env:NAME, where what opens it stands in the variable NAME",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A feed that can be read; `newest` is the headline of its newest item.

    `moved_from` is the address that was asked, where it redirects to `url` for good.
    """

    url: str
    moved_from: str = ""
    title: str
    newest: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Feeds at an address; `direct` where it is one itself, `failed` is why else there are few."""

    candidates: Sequence[Candidate]
    direct: bool
    failed: Sequence[str] = ()


async def find_feeds(
    url: str, *, private: bool, contact: str = "", secret: Secret | None = None
) -> Found:
    """The feeds to be had at `url`; with `private` also from addresses of one's own network.

    The `secret` is for the origin of `url`, and for feeds there that it names.
    """
    secrets = {ASKED: secret} if secret else {}
    async with Visits(contact=contact, secrets=secrets) as visits:
        asked = Feed(id=ASKED, url=url, allow_private=private)
        seen = await visits.visit(asked)
        if isinstance(seen, Visited):
            return Found(candidates=(_candidate(url, seen),), direct=True)
        failed = [f"{redacted_url(url)}: {seen.why}{_ADVICE.get(seen.way, '')}"]
        if not seen.page:
            return Found(candidates=(), direct=False, failed=failed)
        named = named_feeds(seen.page, seen.url)
        found: dict[str, Candidate] = {}
        for link in named or usual_addresses(seen.url):
            name = ASKED if same_origin(url, link.url) else ""
            there = await visits.visit(replace(asked, id=name, url=link.url))
            match there:
                case Visited():
                    candidate = _candidate(link.url, there, link)
                    found.setdefault(canonical(candidate.url), candidate)
                case Unvisited() if named:
                    failed.append(f"{redacted_url(link.url)}: {there.why}")
    if not named:
        failed.append(f"it names none, and none is at {', '.join(USUAL_PATHS)}")
    return Found(candidates=tuple(found.values()), direct=False, failed=failed)


def _candidate(url: str, seen: Visited, link: Link | None = None) -> Candidate:
    items = [entry for entry in seen.entries if isinstance(entry, Item)]
    dated = [item for item in items if item.published and not item.published.clamped]
    newest = max(dated, key=_published_s, default=items[0] if items else None)
    return Candidate(
        url=with_login_of(url, seen.moved_to) if seen.moved_to else url,
        moved_from=url if seen.moved_to else "",
        title=seen.title or (link.title if link else ""),
        newest=newest.title if newest else "",
        entries=len(seen.entries),
    )


def _published_s(item: Item) -> int:
    return item.published.epoch_s if item.published else 0
