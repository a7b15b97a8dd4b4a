"""Ended: how one poll can end, as values.

Invariant: what is `Learned`, the broker has acknowledged.
"""

from dataclasses import dataclass

from monitor.feeds.fetching.answers import Failed, Hop, Later
from monitor.feeds.pacing.validators import Body
from monitor.feeds.parsers.frames import Harmed
from monitor.feeds.state.changes import Changes
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.websub.protocol import Advertised


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an answer says besides its entries.

    `url` is where it was found, `probe` the body that came although no validators were sent,
    `overlap` whether it shows entries known from before; `conditional`: validators were sent,
    `not_modified`: and it said so; `pushed`: a hub sent it, `more` of it waits.
    """

    url: str = ""
    hops: tuple[Hop, ...] = ()
    max_age_s: float | None = None
    ttl_s: float | None = None
    advertised: Advertised | None = None
    probe: Body | None = None
    conditional: bool = False
    not_modified: bool = False
    overlap: bool = True
    pushed: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The outlet has nothing new."""

    said: Said = Said()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Published, to be remembered; `more` of a folder is left for the next poll.

    `stuck` says which of a folder's files cannot be moved away, and why.
    """

    state: FeedState
    changes: Changes
    said: Said = Said()
    more: bool = False
    stuck: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    """The broker has not acknowledged what is new; any of it may be there all the same."""

    why: str


def failure(ended: "Ended") -> str:
    """Why the feed counts as failing; empty where it does not."""
    match ended:
        case Failed(why=why) | Harmed(why=why):
            return why or "it fails"
        case Learned(stuck=stuck):
            return stuck
    return ""


Ended = Learned | Unchanged | Unpublished | Later | Failed | Harmed
