"""Judgement: what the story memory says of one version of an item on one channel.

In: the memory's answer.  Out: a value that `decide` and `card` work from, free of any I/O.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What the memory says of one version of an item on one channel."""

    POST = "post"
    THREAD = "thread"
    WAIT = "wait"
    TOLD = "told"
    FOLDED = "folded"
    BASELINE = "baseline"

    @property
    def silent(self) -> bool:
        """True when nothing is told and nothing is left to wait for."""
        return self in {State.TOLD, State.FOLDED, State.BASELINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One answer.

    `POST` and `THREAD` are claims held by this process; `ts` is the story's message (for a
    thread); `wait_s` how long a foreign claim may still last; `again` marks a claim taken over
    from somebody who may have told it; `since_ms` is when the first of these claims was made (Unix
    time in ms, by Redis's clock); `holder` names who holds the claim; `identity` are the Redis keys
    of the item's id, address and GUID.
    """

    state: State
    story: str
    channel: str
    item: str
    text: str
    ts: str = ""
    wait_s: float = 0.0
    again: bool = False
    since_ms: int = 0
    holder: str = ""
    identity: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """What is told: these words of this item."""
        return f"{self.item}:{self.text}"
