"""Canonical URL: the address under which an article is the same article; pure.

In: a link as the feed has it.  Out: the link without what only counts clicks.  Invariants: two
articles never share one, for an unknown parameter stays, in its place, because it may name the
article; the canonical URL of a canonical URL is itself.
"""

from yarl import URL

from monitor.feeds.reading.trackers import tracks

MAX_URL_CHARS = 4_096
"""Longer ones are no addresses of articles."""


def web_url(url: str) -> str:
    """`url` if it is an http(s) address, else nothing: no script, file or data link gets in."""
    return addresses(url)[0]


def canonical(url: str) -> str:
    """`url` without trackers, fragment and default port, scheme and host in small letters."""
    return addresses(url)[1]


def addresses(url: str) -> tuple[str, str]:
    """The http(s) address in `url` and its canonical form, or twice nothing."""
    url = url.strip()
    parsed = _read(url)
    if parsed is None:
        return "", ""
    text = str(parsed)
    return (url if url.isprintable() else text), _without_trackers(text, parsed.raw_host or "")


def _without_trackers(text: str, host: str) -> str:
    """A fragment names a place in the page, unless it is `#!`, an old kind of path."""
    address, _, fragment = text.partition("#")
    address, _, query = address.partition("?")
    address += "/" if address.count("/") == 2 else ""
    kept = "&".join([p for p in query.split("&") if p and not _counts(p, host)]) if query else ""
    kept = f"{address}?{kept}" if kept else address
    return f"{kept}#{fragment}" if fragment.startswith("!") else kept


def _counts(part: str, host: str) -> bool:
    """Whether it only counts; `;` may stand between two parameters, one of which does not."""
    if ";" not in part:
        return tracks(part, host)
    return all(tracks(parameter, host) for parameter in part.split(";") if parameter)


def _read(url: str) -> URL | None:
    """The http(s) address in `url`; yarl raises IndexError for some hostile ones."""
    if len(url) > MAX_URL_CHARS:
        return None
    try:
        parsed = URL(str(URL(url)))
        usable = parsed.scheme in {"http", "https"} and parsed.host and parsed.port is not None
        text = str(parsed)
        return parsed if usable and text.isascii() and text.isprintable() else None
    except (ValueError, IndexError):
        return None
