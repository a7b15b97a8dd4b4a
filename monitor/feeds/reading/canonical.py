"""Canonical URL: the address under which an article is the same article; pure.

In: a link as the feed has it.  Out: the link without what only counts clicks.  Invariant: two
articles never share one; an unknown parameter stays, because it may name the article.
"""

from yarl import URL

MAX_URL_CHARS = 4_096
"""Longer ones are no addresses of articles."""

_TRACKERS = {
    "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "igsh",
    "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "ocid", "cmpid", "xtor", "ncid", "sr_share",
    "oly_anon_id", "oly_enc_id", "vero_id", "wickedid", "guccounter", "traffic_source",
}  # fmt: skip
_TRACKER_PREFIXES = ("utm_", "at_", "pk_", "piwik_", "mtm_", "hsa_")


def web_url(url: str) -> str:
    """`url` if it is an http(s) address, else nothing: no script, file or data link gets in."""
    url = url.strip()
    parsed = _read(url)
    if parsed is None:
        return ""
    return url if url.isprintable() else str(parsed)


def canonical(url: str) -> str:
    """`url` without trackers, fragment and default port, scheme and host in small letters."""
    parsed = _read(url.strip())
    if parsed is None:
        return ""
    fragment = parsed.raw_fragment if parsed.raw_fragment.startswith("!") else ""
    kept = [(k, v) for k, v in parsed.query.items() if not _tracks(k)]
    return str(parsed.with_query(kept).with_fragment(fragment or None))


def _read(url: str) -> URL | None:
    """The http(s) address in `url`; yarl raises IndexError for some hostile ones."""
    if len(url) > MAX_URL_CHARS:
        return None
    try:
        parsed = URL(str(URL(url)))
        usable = parsed.scheme in {"http", "https"} and parsed.host and parsed.port is not None
        return parsed if usable and str(parsed).isascii() and str(parsed).isprintable() else None
    except (ValueError, IndexError):
        return None


def _tracks(parameter: str) -> bool:
    name = parameter.lower()
    return name in _TRACKERS or name.startswith(_TRACKER_PREFIXES)
