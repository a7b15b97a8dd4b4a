"""NewsML-G2 (IPTC): a body in, what each of its newsItems states out; pure.

A file is one `newsItem`, or a `newsMessage` with many.  Texts are XHTML or NITF inside
`inlineXML`, or text or HTML inside `inlineData`.  Invariants: namespaces are not asked for, for
agencies get them wrong; a file is read whole or refused.
"""

import re
from collections.abc import Iterator
from typing import Any

from monitor.feeds.drops.agency import AgencyItem, last_part
from monitor.feeds.reading.guard import NotAFeed, root_name
from monitor.feeds.reading.plain import MAX_HTML_CHARS
from monitor.feeds.reading.xml_tree import elements

ROOTS = frozenset({"newsItem", "newsMessage"})
OTHER_ROOTS = frozenset({"packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalog"})
"""Of NewsML-G2 too, but they carry no news text."""

_NOTICES = frozenset({"correction", "update", "kill", "hold", "advisory", "refile"})
"""Of the IPTC's signals, those that are notices of wires."""

_BLOCKS = {
    "p", "div", "li", "dt", "dd", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "hl2", "blockquote",
    "bq", "block", "pre", "table", "ul", "ol", "br",
}  # fmt: skip
_SILENT = {"head", "body.head", "body.end", "media", "script", "style"}
_SPACE = re.compile(r"[^\S ]\s*| \s+")  # single spaces stay, unasked


def read_newsml(body: bytes) -> list[AgencyItem]:
    """Every newsItem in `body`.

    Raises:
        NotAFeed: malformed, cut off, or without any newsItem that says its guid.
    """
    root = root_name(body)
    if root not in ROOTS:
        raise NotAFeed(f"a NewsML-G2 {root}: it carries no news" if root else "no XML in it")
    found = [_item(element) for element in elements(body, "{*}newsItem")]
    if not found:
        raise NotAFeed("a NewsML-G2 newsMessage without a newsItem")
    if not all(item.guid for item in found):
        raise NotAFeed("a NewsML-G2 newsItem without a guid")
    return found


def _item(item: Any) -> AgencyItem:
    meta, content = item.find("{*}itemMeta"), item.find("{*}contentMeta")
    nitf_head = item.find("{*}contentSet/{*}inlineXML//{*}body.head")
    return AgencyItem(
        guid=(item.get("guid") or "").strip(),
        version=item.get("version") or "",
        pub_status=_code(_first(meta, "pubStatus")),
        urgency=_text(content, "urgency") or _text(meta, "urgency"),
        embargoed=_embargo(_first(meta, "embargoed")),
        ednote=" ".join(_texts(meta, "edNote")),
        notice=_notice(meta),
        outlet=_name(_first(meta, "provider")),
        credit=_credit(meta, content, nitf_head),
        title=_headline(content) or _text(nitf_head, "hedline/{*}hl1") or _text(meta, "title"),
        summary=_text(content, "description") or _text(nitf_head, "abstract"),
        text=_body(item.find("{*}contentSet")),
        url=_link(meta),
        lang=_language(item, content),
        published=_text(meta, "firstCreated") or _text(content, "contentCreated"),
        updated=_text(meta, "versionCreated"),
        alt_ids=(*_texts(meta, "altId"), *_texts(content, "altId")),
        tags=_tags(content),
    )


def _first(parent: Any, name: str) -> Any:
    return parent.find("{*}" + name) if parent is not None else None


def _texts(parent: Any, name: str) -> list[str]:
    found = parent.findall("{*}" + name) if parent is not None else ()
    return [*filter(None, map(_inner, found))]


def _text(parent: Any, name: str) -> str:
    return next(iter(_texts(parent, name)), "")


def _inner(element: Any) -> str:
    """All text in it, on one line."""
    return _escaped(_spaced("".join(element.itertext())).strip())


def _spaced(text: str) -> str:
    """White space of any kind and length as one space; what is cut off would be anyway."""
    return _SPACE.sub(" ", text[:MAX_HTML_CHARS])


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;")


def _code(element: Any) -> str:
    """`qcode`, `uri` or `literal`, else what it holds."""
    if element is None:
        return ""
    codes = (element.get(name) for name in ("qcode", "uri", "literal"))
    return next(filter(None, codes), "") or _inner(element)


def _embargo(element: Any) -> str | None:
    """An empty one has no end: embargoed until further notice."""
    return None if element is None else _inner(element)


def _notice(meta: Any) -> str:
    signals = meta.findall("{*}signal") if meta is not None else ()
    codes = (last_part(_code(signal)).lower() for signal in signals)
    return next((code for code in codes if code in _NOTICES), "")


def _headline(content: Any) -> str:
    """The main one; others are for the web, for lists, and so on."""
    found = content.findall("{*}headline") if content is not None else []
    roles = [(last_part(each.get("role") or "main") != "main", _inner(each)) for each in found]
    return next((text for _, text in sorted(roles, key=lambda role: role[0]) if text), "")


def _credit(meta: Any, content: Any, nitf_head: Any) -> str:
    lines = (_text(content, "creditline"), _text(content, "by"), _text(nitf_head, "byline"))
    named = (_name(_first(content, "creator")), _name(_first(meta, "provider")))
    return next(filter(None, (*lines, *named, _name(_first(content, "infoSource")))), "")


def _name(element: Any) -> str:
    """A party's name; its code says less, its address nothing."""
    if element is None:
        return ""
    code = element.get("literal") or last_part(element.get("qcode") or "")
    return _text(element, "name") or _escaped(code)


def _link(meta: Any) -> str:
    links = meta.findall("{*}link") if meta is not None else ()
    usual = (x.get("href") or "" for x in links if last_part(x.get("rel") or "") == "canonical")
    return next(usual, "")


def _language(item: Any, content: Any) -> str:
    language = _first(content, "language")
    stated = language.get("tag") if language is not None else ""
    return stated or item.get("{http://www.w3.org/XML/1998/namespace}lang") or ""


def _tags(content: Any) -> tuple[str, ...]:
    """Names and codes of the subjects, keywords, the slugline."""
    tags: list[str] = []
    for subject in content.findall("{*}subject") if content is not None else ():
        tags += _texts(subject, "name")
        tags.append(_escaped(last_part(_code(subject) if subject.keys() else "")))
    return (*tags, *_texts(content, "keyword"), *_texts(content, "slugline"))


def _body(content: Any) -> str:
    """The text of the first part of the content that has one."""
    parts = content.iterchildren("{*}inlineXML", "{*}inlineData") if content is not None else ()
    return next(filter(None, map(_part, parts)), "")


def _part(part: Any) -> str:
    if part.tag.endswith("inlineData"):
        text = "".join(part.itertext()).strip()
        return text if "html" in (part.get("contenttype") or "").lower() else _escaped(text)
    body = part.find(".//{*}body.content")
    return _escaped("".join(_within_limit(part if body is None else body))).strip()


def _within_limit(element: Any) -> Iterator[str]:
    left = MAX_HTML_CHARS
    for piece in _pieces(element):
        yield piece
        left -= len(piece)
        if left <= 0:
            return


def _pieces(element: Any) -> Iterator[str]:
    """The text of it, an empty line between blocks; libxml2 lets nothing be over 256 deep."""
    yield _spaced(element.text or "")
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else "head"
        if name not in _SILENT:
            around = "\n\n" if name in _BLOCKS else ""
            yield around
            yield from _pieces(child)
            yield around
        yield _spaced(child.tail or "")
