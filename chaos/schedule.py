"""Which fault strikes when: a seed in, the faults of a run out; pure.

Invariants: the same seed gives the same schedule on the same stage; a pack holds every kind of
fault and is dealt to its end before another is opened, so 400 s meet all of them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

EVERY_S = 15.0
"""Between two faults, on average."""

FIRST_S = 4.0
"""Before the first one: something should be under way."""

ROLES = ("poll", "match", "alert")


class Kind(StrEnum):
    """What can go wrong; the value is how it reads in the diary."""

    KILL = "SIGKILL to"
    STOP = "SIGTERM to"
    FREEZE = "SIGSTOP to"
    JOIN = "one more"
    CRASH_BEFORE_POST = "SIGKILL to every alert worker, a claim taken, nothing posted"
    CRASH_AFTER_POST = "SIGKILL to every alert worker, a message posted, no answer read"
    SLACK_ERRORS = "Slack answers with"
    SLACK_STUCK = "Slack takes calls and never answers"
    STOP_STUCK = "Slack never answers, SIGTERM to every alert worker"
    OUTLETS_DOWN = "the outlets' server is gone"
    POISON = "records that nobody can read"
    BREAKERS = "records that can be read and break who handles them"
    REDIS_ERRORS = "Redis refuses writes"
    REDIS_STALL = "Redis does not answer"
    REDIS_CUT = "Redis drops every connection"
    REDIS_KILL = "SIGKILL to Redis"
    BROKER_KILL = "SIGKILL to the broker"


_PACK = (
    *((Kind.KILL, role) for role in ROLES),
    *((Kind.STOP, role) for role in ROLES),
    *((Kind.JOIN, role) for role in ROLES),
    (Kind.KILL, "alert"),
    (Kind.FREEZE, "match"),
    *((kind, "") for kind in Kind if kind not in {Kind.KILL, Kind.STOP, Kind.JOIN, Kind.FREEZE}),
    (Kind.BROKER_KILL, ""),
    (Kind.REDIS_KILL, ""),
)
SLACK_ANSWERS = (
    "http500", "drop_before", "post_then_drop", "post_then_500", "badjson", "429:1",
    "err:internal_error", "err:service_unavailable",
)  # fmt: skip
_LASTS_S = {
    Kind.KILL: (0.1, 6.0),
    Kind.STOP: (0.1, 6.0),
    Kind.FREEZE: (2.0, 9.0),
    Kind.JOIN: (8.0, 20.0),
    Kind.CRASH_BEFORE_POST: (0.1, 3.0),
    Kind.CRASH_AFTER_POST: (0.1, 3.0),
    Kind.SLACK_STUCK: (4.0, 14.0),
    Kind.STOP_STUCK: (4.0, 14.0),
    Kind.OUTLETS_DOWN: (1.0, 4.0),
    Kind.REDIS_ERRORS: (1.0, 4.0),
    Kind.REDIS_STALL: (2.0, 7.0),
    Kind.REDIS_KILL: (0.2, 5.0),
    Kind.BROKER_KILL: (0.5, 6.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: `worker` 0 or 1 of `role`, for `lasts_s`; `answers` are Slack's."""

    at_s: float
    kind: Kind
    role: str = ""
    worker: int = 0
    lasts_s: float = 0.0
    answers: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [str(self.kind)]
        if self.role:
            joins = self.kind is Kind.JOIN
            parts.append(self.role if joins else f"{self.role}-{self.worker + 1}")
        parts += [", ".join(self.answers)] if self.answers else []
        parts += [f"for {self.lasts_s:.1f} s"] if self.lasts_s else []
        return " ".join(parts)


def deal(seed: int, stage: str, for_s: float, every_s: float = EVERY_S) -> Iterator[Fault]:
    """The faults of a run of `for_s` seconds on `stage`, in the order of time."""
    chance = random.Random(f"faults {seed} {stage}")
    at_s, pack = min(FIRST_S, every_s), list[tuple[Kind, str]]()
    while at_s < for_s:
        if not pack:
            pack = chance.sample(_PACK, len(_PACK))
        kind, role = pack.pop()
        yield Fault(
            at_s=at_s,
            kind=kind,
            role=role,
            worker=chance.randrange(2),
            lasts_s=chance.uniform(*_LASTS_S.get(kind, (0.0, 0.0))),
            answers=tuple(chance.choices(SLACK_ANSWERS, k=3)) * (kind is Kind.SLACK_ERRORS),
        )
        at_s += every_s * chance.uniform(0.6, 1.4)
