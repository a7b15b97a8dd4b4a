"""Feed: one feed as `feeds.yaml` has it."""

import math
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_BACKFILL_S = 7_200.0
"""At a feed's first poll older items are no news: they are published, marked, and not told."""

BACKFILL_ALL_S = math.inf
"""Everything of the first poll is news, undated entries too."""


class Priority(StrEnum):
    """How soon news of a feed must be seen; `pacing.pace` says what each means in seconds."""

    WIRE = "wire"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where to ask, how often and how; `outlet` is how people call it, else the feed's own title.

    Either `url` or `folder` is given; a folder is one in which an agency leaves files.  `every_s`
    above 0 is a fixed interval, in place of one that follows the news between the bounds of
    `priority`.  `timezone` (IANA) is that of dates that state none; `language` that of entries and
    feeds that state none.  `auth` is `env:NAME`: where the secret is, never the secret.  `tier` is
    what the desk thinks of it, 1 best, 0 unsaid.
    """

    id: str
    url: str = ""
    folder: str = ""
    outlet: str = ""
    every_s: float = 0.0
    priority: Priority = Priority.NORMAL
    timezone: str = ""
    language: str = ""
    auth: str = ""
    allow_private: bool = False
    backfill_s: float = DEFAULT_BACKFILL_S
    full_text: bool = False
    tier: int = 0
