"""The polls: how the desk's feeds did at their last one, as the pollers remember it in Redis.

In: the desk and its Redis.  Out: a finding for the feeds that fail, by name; none fail: one line.
"""

import time

from alerts.client import connect
from alerts.connection import RedisConnection
from monitor.desk.config import Desk
from monitor.doctor.finding import Finding, fine, note, unreachable
from monitor.feeds.pacing.failing import shown_span
from monitor.feeds.state.failing import Failing, failing_feeds
from monitor.feeds.state.leases import StateUnreachable

NAMED_MOST = 5
"""Of the feeds that fail; `feeds check` shows them all."""


async def look_at_polls(desk: Desk | None, where: RedisConnection) -> list[Finding]:
    """Which feeds failed at their last poll."""
    if desk is None or not desk.feeds:
        return []
    client = connect(where)
    try:
        return [judge_polls(await failing_feeds(client, desk.name, desk.feeds), time.time())]
    except StateUnreachable as error:
        return [unreachable("polls", str(error))]
    finally:
        await client.aclose()


def judge_polls(failing: list[Failing], now_s: float) -> Finding:
    """One finding for all feeds, those that fail longest named first."""
    if not failing:
        return fine("polls", "no feed failed at its last poll")
    named = ", ".join(_named(each, now_s) for each in failing[:NAMED_MOST])
    more = f" and {len(failing) - NAMED_MOST} more" if len(failing) > NAMED_MOST else ""
    fail = "1 feed fails" if len(failing) == 1 else f"{len(failing)} feeds fail"
    ids = " ".join(each.feed for each in failing[:NAMED_MOST])
    return note("polls", f"{fail}: {named}{more}", f"`wirewatch feeds check {ids}` says why")


def _named(each: Failing, now_s: float) -> str:
    lasts = f" for {shown_span(max(0.0, now_s - each.since_s))}" if each.since_s else ""
    return f"{each.feed}{lasts}"
