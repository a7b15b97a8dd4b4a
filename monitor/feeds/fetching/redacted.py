"""Redacted: an address as people and logs may see it.

In: a URL.  Out: scheme, host and path; of the query only the names, or all but the login.
"""

from urllib.parse import SplitResult, urlsplit, urlunsplit

STARS = "***"


def redacted_url(url: str) -> str:
    """The address without credentials and fragment, its query's values starred."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return STARS
    if not parts.scheme or not host:
        return STARS
    shown = f"[{host}]" if ":" in host else host
    if port:
        shown += f":{port}"
    query = f"?{_starred(parts)}" if parts.query else ""
    return f"{parts.scheme}://{shown}{parts.path}{query}"


def without_login(url: str) -> str:
    """The address as an outlet is asked for it: what links in its body are resolved against."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def query_pairs(url: str) -> list[str]:
    """Each `name=value` of the query as it is written; where no name stands, the whole."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return []
    return [pair for pair in query.split("&") if pair]


def _starred(parts: SplitResult) -> str:
    names = [pair.partition("=") for pair in parts.query.split("&")]
    return "&".join(f"{name}={STARS}" if equals else STARS for name, equals, _ in names)
