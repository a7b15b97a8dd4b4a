"""Answers: what an error answer of Slack means for a post or for a look.

In: the error that slack_sdk raised.  Out: an outcome or a sighting.  Invariant: whatever may have
been posted is `Unclear`; a look that may succeed later is never given up here.
"""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from alerts.sink import CannotTell, LookAgain, NotSent, Outcome, Refused, Sighting, Unclear

RETRY_AFTER_DEFAULT_S = 5.0
"""When Slack says "later" without saying when."""

RETRY_AFTER_MOST_S = 3_600.0
"""A longer wait than an hour is a mistake of somebody's."""

AUTH_RETRY_S = 30.0
"""While the token is refused: an admin has to act, nothing is lost meanwhile."""

LOOK_RETRY_S = 2.0
"""After a look that got no answer."""

PAYLOAD = {
    "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long",
    "invalid_attachments", "too_many_attachments", "no_text", "metadata_too_large",
    "invalid_metadata_format", "invalid_metadata_schema", "metadata_must_be_sent_from_app",
    "markdown_text_conflict", "invalid_arguments",
}  # fmt: skip
"""The card is at fault; a smaller one may be taken."""

AUTH = {
    "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
    "missing_scope", "no_permission", "not_allowed_token_type", "org_login_required",
    "access_denied", "two_factor_setup_required", "accesslimited", "team_access_not_granted",
}  # fmt: skip
"""The token is at fault: an admin has to act."""

SCOPE = {"missing_scope", "no_permission", "not_allowed_token_type"}
"""The token is good, but not for this."""

_RATE = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_UNCLEAR = {
    "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "duplicate_message_not_found", "duplicate_channel_not_found",
}  # fmt: skip


def outcome(error: SlackApiError) -> Outcome:
    """What it means for a post."""
    status, code = _status(error), code_of(error)
    if status == 429 or code in _RATE:
        return NotSent(code or "ratelimited", _retry_after_s(error))
    if code in AUTH:
        return NotSent(f"Slack refuses the token: {code}", AUTH_RETRY_S)
    if not code or status >= 500 or code in _UNCLEAR:
        return Unclear(code or f"HTTP {status}")
    return Refused(code)


def sighting(error: SlackApiError) -> Sighting:
    """What it means for a look."""
    status, code = _status(error), code_of(error)
    if status == 429 or code in _RATE:
        return LookAgain(code or "ratelimited", _retry_after_s(error))
    if code in SCOPE:
        return CannotTell(lacking(error))
    if code in AUTH:
        return LookAgain(f"Slack refuses the token: {code}", AUTH_RETRY_S)
    if not code or status >= 500 or code in _UNCLEAR:
        return LookAgain(code or f"HTTP {status}", LOOK_RETRY_S)
    return CannotTell(code)


def code_of(error: SlackApiError) -> str:
    """Slack's error code; empty when the answer is no Slack answer (a proxy's page)."""
    code = _data(error).get("error")
    return code if isinstance(code, str) else ""


def lacking(error: SlackApiError) -> str:
    """Which scope the token lacks, in words."""
    needed = _data(error).get("needed")
    return f"missing scope: {needed}" if needed else code_of(error)


def words(error: BaseException) -> str:
    """An error of the network, in words."""
    return str(error) or type(error).__name__


def _data(error: SlackApiError) -> dict[str, object]:
    data = error.response.data if isinstance(error.response, AsyncSlackResponse) else None
    return data if isinstance(data, dict) else {}


def _status(error: SlackApiError) -> int:
    return int(getattr(error.response, "status_code", 0))


def _retry_after_s(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    stated = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    try:
        return min(max(float(stated), 0.1), RETRY_AFTER_MOST_S)
    except ValueError:
        return RETRY_AFTER_DEFAULT_S
