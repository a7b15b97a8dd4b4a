"""Feed: one feed as `feeds.yaml` has it."""

from dataclasses import dataclass

DEFAULT_EVERY_S = 60.0
"""Between polls: a minute is what most outlets ask for at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where to ask, and how often; `outlet` is how people call it, else the feed's own title.

    `tier` is what the desk thinks of it, 1 best, 0 unsaid.
    """

    id: str
    url: str
    outlet: str = ""
    every_s: float = DEFAULT_EVERY_S
    tier: int = 0
