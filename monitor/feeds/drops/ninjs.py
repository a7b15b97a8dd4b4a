"""ninjs 1.x, 2.x and 3.x (IPTC, News in JSON): a decoded body in, what it states out; pure.

The versions say the same in three spellings: `headline`, `body_xhtml`, `subject` in 1.x;
`headlines`, `bodies`, `subjects` with roles in 2.x; those with inner capitals (`pubStatus`) in 3.x.
Names are read without regard to capitals.  Invariant: a field of an unexpected type is as if it
were not there, and costs no other field.
"""

from collections.abc import Mapping
from typing import Any

from monitor.feeds.drops.agency import AgencyItem
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.json_values import mappings, string, strings

_TAGGED = ("subject", "person", "organisation", "place", "event", "object")
"""Of 1.x; later versions have their plurals."""

_PLURALS = {"person": "people"}
_HTML = ("html", "xml", "nitf")
_MAIN_FIRST = ("main", "", "headline", "text", "html", "xhtml")
"""Roles of a headline, description or body, the wanted first; others come after."""


def read_ninjs(value: Any) -> list[AgencyItem]:
    """The item in `value`, or each one of a list.

    Raises:
        NotAFeed: no ninjs: without any `uri`.
    """
    given = [_lower(each) for each in mappings(value)]
    if not given or not all(map(_identity, given)):
        raise NotAFeed("JSON, but no ninjs: it has no uri")
    return [_item(each) for each in given]


def is_ninjs(value: Any) -> bool:
    """True for an item, or a list that begins with one."""
    given = mappings(value)
    return bool(given) and bool(_identity(_lower(given[0])))


def _item(given: Mapping[str, Any]) -> AgencyItem:
    return AgencyItem(
        guid=_identity(given),
        version=string(given.get("version")),
        pub_status=string(given.get("pubstatus")),
        urgency=string(given.get("urgency")),
        embargoed=string(given.get("embargoed")) or None,
        ednote=_plain_text(string(given.get("ednote"))),
        outlet=_outlet(given),
        credit=_credit(given),
        title=_text(given, "headline", "headlines") or _plain_text(string(given.get("title"))),
        summary=_text(given, "description", "descriptions"),
        text=_text(given, "body", "bodies"),
        url=string(given.get("canonicalurl")),
        lang=string(given.get("language")),
        published=string(given.get("firstcreated")) or string(given.get("contentcreated")),
        updated=string(given.get("versioncreated")),
        alt_ids=_alt_ids(given.get("altids")),
        tags=_tags(given),
    )


def _lower(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): inner for name, inner in value.items()}


def _identity(given: Mapping[str, Any]) -> str:
    """`uri`; some systems write `guid` in its place."""
    return string(given.get("uri")).strip() or string(given.get("guid")).strip()


def _outlet(given: Mapping[str, Any]) -> str:
    """Who delivers it, as far as it says; who owns it stands in for that."""
    sources = mappings(given.get("infosources")) + mappings(given.get("infosource"))
    names = [string(given.get("provider")), string(given.get("source"))]
    names += [string(source.get("name")) for source in sources]
    return _plain_text(next(filter(None, names), "") or string(given.get("copyrightholder")))


def _credit(given: Mapping[str, Any]) -> str:
    lines = (string(given.get(key)) for key in ("creditline", "byline", "by"))
    return _plain_text(next(filter(None, lines), "")) or _outlet(given)


def _text(given: Mapping[str, Any], single: str, several: str) -> str:
    """A text as HTML: of 2.x and 3.x by its role, of 1.x by its name; the main one first."""
    found = [
        (_MAIN_FIRST.index(role) if role in _MAIN_FIRST else len(_MAIN_FIRST), text)
        for role, text in _roles(given, single, several)
        if text.strip()
    ]
    return min(found, key=lambda ranked: ranked[0])[1] if found else ""


def _roles(given: Mapping[str, Any], single: str, several: str) -> list[tuple[str, str]]:
    roles = []
    for each in map(_lower, mappings(given.get(several))):
        kind = string(each.get("contenttype")).lower() or string(each.get("role")).lower()
        roles.append((string(each.get("role")).lower(), _as(kind, string(each.get("value")))))
    for name, value in given.items():
        main, _, role = name.partition("_")
        if main == single:
            roles.append((role, _as(role, string(value))))
    return roles


def _as(kind: str, text: str) -> str:
    return text if any(word in kind for word in _HTML) else _plain_text(text)


def _plain_text(text: str) -> str:
    return text.replace("<", "&lt;")


def _alt_ids(value: Any) -> tuple[str, ...]:
    """1.x has a mapping of names, later versions a list of roles."""
    if isinstance(value, dict):
        return tuple(map(string, value.values()))
    return tuple(string(each.get("value")) for each in mappings(value))


def _tags(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Names and codes of what it is about, its keywords and its slugline."""
    tags: list[str] = []
    for single in _TAGGED:
        for name in (single, _PLURALS.get(single, single + "s")):
            for each in mappings(given.get(name)):
                tags += (string(each.get(key)) for key in ("name", "code", "literal"))
    tags += strings(given.get("keywords"))
    tags.append(string(given.get("slugline")))
    return tuple(map(_plain_text, tags))
