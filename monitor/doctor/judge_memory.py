"""What the memory's server says of itself, judged by what must not be forgotten.

In: a `ServerSeen`.  Out: findings, one for each thing looked at.
"""

from collections.abc import Callable, Iterator

from alerts.memory_server import ServerSeen
from monitor.doctor.finding import Finding, bad, fine, note

OLDEST_MAJOR = 5
"""Since Redis 5 a script may read the clock and then write."""

FULL_NOTE, FULL_BAD = 0.8, 0.95
"""Shares of the memory allowed: with `noeviction` a full server refuses every claim."""

SKEW_NOTE_S = 2.0
"""Clocks of one installation agree within that; feeds' times are judged by ours."""

SKEW_BAD_S = 300.0
"""Five minutes: items would seem to come from the future, and be clamped."""

Judge = Callable[[ServerSeen], Iterator[Finding]]


def judge_memory(seen: ServerSeen) -> list[Finding]:
    """Every finding about a server that answers."""
    return [finding for judge in JUDGES for finding in judge(seen)]


def _server(seen: ServerSeen) -> Iterator[Finding]:
    says = f"{seen.software} {seen.version or 'of unknown version'}"
    major = seen.version.partition(".")[0]
    if seen.software == "Redis" and major.isdecimal() and int(major) < OLDEST_MAJOR:
        yield bad("Redis", f"{says} is too old", f"use Redis {OLDEST_MAJOR} or newer, or Valkey")
    elif seen.role not in {"", "master"}:
        yield bad("Redis", f"{says} is a {seen.role}: it takes no writes", "name its primary")
    else:
        yield fine("Redis", f"{says} answers in {seen.round_trip_s * 1000:.1f} ms")


def _eviction(seen: ServerSeen) -> Iterator[Finding]:
    check, do = "Redis eviction", "set maxmemory-policy noeviction"
    limited = bool(seen.limit_bytes)
    if not seen.policy:
        yield note(check, "it does not say what it forgets when it is full", do)
    elif seen.policy == "noeviction":
        yield fine(check, "noeviction: nothing is forgotten for want of room")
    elif limited:
        yield bad(check, f"{seen.policy}: stories told are forgotten when it is full", do)
    else:
        yield note(check, f"{seen.policy}, but it has no maxmemory: nothing is forgotten now", do)
    if seen.evicted:
        yield bad(check, f"{seen.evicted:,} keys were evicted since it started", do)


def _room(seen: ServerSeen) -> Iterator[Finding]:
    check = "Redis memory"
    if seen.used_bytes is None:
        return
    used = f"{seen.used_bytes / 1e6:,.0f} MB"
    if not seen.limit_bytes:
        yield fine(check, f"{used} used, no limit")
        return
    share = seen.used_bytes / seen.limit_bytes
    says = f"{used} of {seen.limit_bytes / 1e6:,.0f} MB used"
    if share >= FULL_BAD:
        yield bad(check, says, "raise maxmemory: when it is full no alert can be claimed")
    elif share >= FULL_NOTE:
        yield note(check, says, "raise maxmemory soon")
    else:
        yield fine(check, says)


def _durability(seen: ServerSeen) -> Iterator[Finding]:
    check = "Redis on disk"
    if seen.keeps_log is False:
        yield bad(check, "appendonly no: a restart forgets what was told", "set appendonly yes")
    elif seen.keeps_log is None or not seen.syncs:
        yield note(check, "it does not say when writes are on disk", "appendfsync always is safest")
    elif seen.syncs == "always":
        yield fine(check, "every write is on disk before it counts")
    else:
        says = f"appendfsync {seen.syncs}: a crash may forget what was just told"
        yield note(check, says, "set appendfsync always")


def _clock(seen: ServerSeen) -> Iterator[Finding]:
    off, sure = abs(seen.ahead_s), seen.round_trip_s / 2
    where = "ahead of" if seen.ahead_s > 0 else "behind"
    says = f"Redis's clock is {off:.1f} s {where} this machine's"
    if off - sure > SKEW_BAD_S:
        yield bad("clock", says, "set both by NTP")
    elif off - sure > SKEW_NOTE_S:
        yield note("clock", says, "set both by NTP")
    else:
        yield fine("clock", f"this machine's and Redis's agree within {off + sure:.2f} s")


JUDGES: tuple[Judge, ...] = (_server, _eviction, _room, _durability, _clock)
