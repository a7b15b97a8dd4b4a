"""Whom Slack takes the token for, judged by what this program does there.

In: an `Identity`.  Out: findings.
"""

from collections.abc import Iterator

from alerts.slack.identity import Identity
from monitor.doctor.finding import Finding, bad, fine, note

MUST = ("chat:write",)
"""Without it nothing is told."""

SHOULD = ("channels:history", "groups:history", "channels:read", "groups:read")
"""For reading a channel back; without them a message may be repeated, and says so."""


def judge_slack(who: Identity) -> Iterator[Finding]:
    """The findings about a token that Slack knows."""
    if who.scopes is None:
        yield fine("Slack", f"{who.name}; its scopes are not said")
        return
    lacking = [scope for scope in MUST if scope not in who.scopes]
    useful = [scope for scope in SHOULD if scope not in who.scopes]
    if lacking:
        yield bad("Slack", f"{who.name} lacks {', '.join(lacking)}", "add it in the app's settings")
    elif useful:
        says = f"{who.name} lacks {', '.join(useful)}"
        yield note("Slack", says, "with it an unclear post is looked for, not repeated")
    else:
        yield fine("Slack", who.name)
