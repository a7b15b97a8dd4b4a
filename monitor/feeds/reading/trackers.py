"""Trackers: parameters of an address that count clicks and name nothing.

In: one parameter and the host.  Out: whether it tracks.  Invariant: a name is here only if it never
tells two articles apart; what means something elsewhere is listed under the hosts where it does
not.  Of `NAMES`, those up to `vero_conv` follow miniflux (Apache-2.0,
internal/reader/urlcleaner), without `campaign_id`, which names pages of campaigns.
"""

NAMES = frozenset({
    "fbclid", "_openstat", "fb_action_ids", "fb_action_types", "fb_ref", "fb_source",
    "fb_comment_id", "hmb_campaign", "hmb_medium", "hmb_source", "itm_campaign", "itm_medium",
    "itm_source", "gclid", "dclid", "gbraid", "wbraid", "gclsrc", "campaign_medium",
    "campaign_name", "campaign_source", "campaign_term", "campaign_content", "srsltid", "yclid",
    "ysclid", "twclid", "msclkid", "mc_cid", "mc_eid", "mc_tc", "wickedid", "_hsenc", "__hssc",
    "__hstc", "__hsfp", "_hsmi", "hsctatracking", "rb_clickid", "oly_anon_id", "oly_enc_id",
    "mkt_tok", "sc_cid", "_bhlid", "_branch_match_id", "_branch_referrer", "__readwiselocation",
    "vero_id", "vero_conv",
    "igshid", "igsh", "xtor", "guccounter", "guce_referrer", "guce_referrer_sig", "sr_share",
    "traffic_source", "pk_campaign", "pk_kwd", "pk_keyword", "pk_source", "pk_medium",
    "pk_content", "pk_cid", "piwik_campaign", "piwik_kwd", "piwik_keyword", "at_medium",
    "at_campaign", "at_campaign_type", "at_custom1", "at_custom2", "at_custom3", "at_custom4",
    "at_link_id", "at_link_type", "at_link_origin", "at_format", "at_ptr_name", "wt_mc",
    "wt.mc_id", "wt_zmc", "ns_mchannel", "ns_campaign", "ns_source", "ns_linkname", "ns_fee",
    "ref_src",
})  # fmt: skip
"""On every host, in small letters."""

PREFIXES = ("utm_", "mtm_", "hsa_")
"""On every host."""

_FROM_FEEDS = frozenset(
    {"src", "source", "ref", "from", "via", "cmp", "cmpid", "cid", "ocid", "ncid", "partner", "emc"}
)
_FEEDS = frozenset({"rss", "rssfeed", "rss_feed", "rss-feed", "rssfeeds", "feed", "newsstand"})

_OF_HOSTS = {
    "bbc.co.uk bbc.com": "at_* ocid",
    "msn.com microsoft.com": "ocid cvid",
    "bloomberg.com foxnews.com foxbusiness.com": "cmpid intcmp srnd sref",
    "nytimes.com": "partner emc smid smtyp campaign_id ref",
    "washingtonpost.com": "wprss wpisrc wpmm",
    "theguardian.com": "cmp",
    "cbc.ca": "cmp",
    "huffpost.com huffingtonpost.co.uk aol.com techcrunch.com yahoo.com": "ncid .tsrc",
    "cnn.com": "eref iref",
    "wsj.com marketwatch.com barrons.com": "mod",
    "dailymail.co.uk": "ito",
    "time.com": "xid",
    "reuters.com": "rpc il taid feedtype feedname",
    "dw.com": "maca",
    "spiegel.de": "ref",
    "ndtv.com": "pfrom",
    "indiatimes.com": "from",
    "thehindu.com": "homepage",
    "smh.com.au theage.com.au brisbanetimes.com.au": "ref",
}  # fmt: skip
_BY_HOST = {
    host: frozenset(names.split()) for hosts, names in _OF_HOSTS.items() for host in hosts.split()
}


def tracks(parameter: str, host: str) -> bool:
    """Whether `name=value` only counts; `host` is in small letters."""
    name, _, value = parameter.lower().partition("=")
    if name in NAMES or name.startswith(PREFIXES):
        return True
    if name in _FROM_FEEDS and value in _FEEDS:
        return True
    return _tracks_on(name, host)


def _tracks_on(name: str, host: str) -> bool:
    """By the list of the host, or of a host it lies under."""
    while host:
        if names := _BY_HOST.get(host):
            return name in names or (name.startswith("at_") and "at_*" in names)
        host = host.partition(".")[2]
    return False
