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
    if len(url) > MAX_URL_CHARS:
        return ""
    try:
        parsed = URL(url)
    except ValueError:
        return ""
    return url if parsed.scheme in {"http", "https"} and parsed.host else ""


def canonical(url: str) -> str:
    """`url` without trackers, fragment and default port, scheme and host in small letters."""
    if not web_url(url):
        return ""
    parsed = URL(url)
    fragment = parsed.raw_fragment if parsed.raw_fragment.startswith("!") else ""
    kept = [(k, v) for k, v in parsed.query.items() if not _tracks(k)]
    return str(parsed.with_query(kept).with_fragment(fragment or None))


def _tracks(parameter: str) -> bool:
    name = parameter.lower()
    return name in _TRACKERS or name.startswith(_TRACKER_PREFIXES)
