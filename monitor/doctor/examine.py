"""Examine: all checks side by side, told in one order.

In: a patient.  Out: findings as they come.  Invariants: every check ends within `CHECK_MOST_S`; one
that fails or hangs is a finding and hides no other.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from monitor.doctor.desk import look_at_desk
from monitor.doctor.finding import Finding, bad, unreachable
from monitor.doctor.machine import look_at_machine
from monitor.doctor.patient import Patient
from monitor.doctor.services import look_at_kafka, look_at_memory, look_at_slack

log = logging.getLogger("wirewatch.doctor")

CHECK_MOST_S = 30.0
"""For one check in all; each question it asks has a shorter limit of its own."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at, and what people call it."""

    name: str
    look: Callable[[Patient], Awaitable[list[Finding]]]


CHECKS = (
    Check("machine", look_at_machine),
    Check("desk", look_at_desk),
    Check("Kafka", look_at_kafka),
    Check("Redis", look_at_memory),
    Check("Slack", look_at_slack),
)


async def examine(
    patient: Patient, checks: Sequence[Check] = CHECKS, *, most_s: float = CHECK_MOST_S
) -> AsyncIterator[Finding]:
    """Every finding; the checks run at the same time, each for `most_s` at most."""
    tasks = [asyncio.create_task(_bounded(check, patient, most_s)) for check in checks]
    try:
        for task in tasks:
            for finding in await task:
                yield finding
    finally:
        for task in tasks:
            task.cancel()


async def _bounded(check: Check, patient: Patient, most_s: float) -> list[Finding]:
    try:
        async with asyncio.timeout(most_s):
            return await check.look(patient)
    except TimeoutError:
        return [unreachable(check.name, f"no end of it within {most_s:g} s")]
    except Exception as error:
        log.debug("%s", check.name, exc_info=error)
        said = f"the check itself failed: {type(error).__name__}: {error}"
        return [bad(check.name, said, "LOG_LEVEL=debug shows where")]
