"""Decision: what became of one item on one channel, and why; travels on `wire.decisions`.

In: a judged item.  Out: one record per (item version, channel).  Invariant: nothing that touched a
rule ends without one.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something was told, folded or dropped."""

    FIRST = "first"
    UPDATE = "update"
    SAME_STORY = "same_story"
    ALREADY_TOLD = "already_told"
    EXCLUDED = "excluded"
    UNDELIVERABLE = "undeliverable"
    EMPTY_ENTRY = "empty_entry"
    REPEATED_ENTRY = "repeated_entry"
    UNREADABLE_ENTRY = "unreadable_entry"
    TOO_LARGE = "too_large"
    REVISED_TOO_OFTEN = "revised_too_often"
    OUTDATED_VERSION = "outdated_version"
    BASELINE = "baseline"
    FEED_GAP = "feed_gap"
    FEED_QUIET = "feed_quiet"
    FEED_FAILING = "feed_failing"
    FEED_GONE = "feed_gone"
    FEED_MOVED = "feed_moved"
    FEED_MIGRATED = "feed_migrated"
    FEED_QUARANTINED = "feed_quarantined"
    VALIDATOR_LIES = "validator_lies"
    FILE_REJECTED = "file_rejected"


class Effect(StrEnum):
    """What the desk sees of it."""

    POST = "post"
    EDIT = "edit"
    THREAD = "thread"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One outcome.  `at` is ISO 8601 UTC; `story` is empty where no story was judged."""

    item: str
    rev: int
    title: str
    outlet: str
    channel: str
    rules: tuple[str, ...]
    reason: Reason
    effect: Effect
    at: str
    story: str = ""
    detail: str = ""
    book: str = ""
    stopped: tuple[str, ...] = ()
    v: int = 1

    @property
    def told(self) -> bool:
        """True for a new message only; thread lines and edits are not."""
        return self.effect is Effect.POST

    @property
    def dropped(self) -> bool:
        """True when the desk sees nothing although a rule was touched and no story holds it."""
        return self.reason in _DROPPED


_DROPPED = {
    Reason.EXCLUDED,
    Reason.UNDELIVERABLE,
    Reason.EMPTY_ENTRY,
    Reason.REPEATED_ENTRY,
    Reason.UNREADABLE_ENTRY,
    Reason.TOO_LARGE,
    Reason.REVISED_TOO_OFTEN,
    Reason.OUTDATED_VERSION,
}
