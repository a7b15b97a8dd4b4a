"""Bodies made to harm whoever parses them, by name."""

FEED = b"<rss version='2.0'><channel><title>T</title>%s</channel></rss>"
ITEM = b"<item><title>One</title><link>https://outlet.example/1</link></item>"
_LONG = b"x" * 100_000
_LAUGHS = [b"<!ENTITY a 'lol'>"] + [
    b"<!ENTITY a%d '%s'>" % (n, (b"&a%d;" % (n - 1) if n else b"&a;") * 10) for n in range(10)
]
_LAUGHING = FEED % b"<item><title>&a9;</title></item>"
_BOMB = b'<!DOCTYPE r [\n<!ENTITY a "%s">\n]>\n' % _LONG
_BOMBED = FEED % (b"<item><title>%s</title></item>" % (b"&a;" * 2_000))

FEEDS = {
    "entities on their own lines": b"<!DOCTYPE r [\n%s\n]>\n" % b"\n".join(_LAUGHS) + _LAUGHING,
    "entities on one line": b"<!DOCTYPE r [%s]>" % b"".join(_LAUGHS) + _LAUGHING,
    "a long entity": _BOMB + _BOMBED,
    "a DOCTYPE behind one in a comment": b"<!-- <!DOCTYPE x> -->" + _BOMB + _BOMBED,
    "a prolog of newlines": b"\n" * 80_000 + FEED % ITEM,
    "encodings in the declaration": b"<?xml " + b"encoding='a' " * 1_200 + FEED % ITEM,
    "an author to search": FEED
    % b"<item><author>%s@</author><title>A</title></item>"
    % (b"a." * 10_000),
    "elements in elements": FEED
    % b"<item><title>A</title>%s%s</item>"
    % (b"<x>" * 20_000, b"</x>" * 20_000),
    "items in items": FEED % (b"<item>" * 20_000 + b"</item>" * 20_000),
    "100,000 items": FEED % b"".join(b"<item><title>%d</title></item>" % n for n in range(100_000)),
    "50,000 categories": FEED
    % b"<item><title>A</title>%s</item>"
    % b"".join(b"<category>c%d</category>" % n for n in range(50_000)),
    "50,000 texts": FEED
    % b"<item><title>A</title>%s</item>"
    % b"".join(b"<content>text %d</content>" % n for n in range(50_000)),
    "20,000 attributes": FEED
    % b"<item %s><title>A</title></item>"
    % b" ".join(b"a%d='x'" % n for n in range(20_000)),
    "7 MB of text": FEED
    % b"<item><title>A</title><description>%s</description></item>"
    % (b"word " * 1_400_000),
    "truncated": (FEED % (ITEM * 100))[:-40],
    "another charset": FEED % b"<item><title>%s</title></item>" % "Страна".encode("cp1251"),
    "bidi and a script": FEED
    % "<item><title>\u202elive\u200b</title><link>javascript:alert(1)</link></item>".encode(),
}
NO_FEEDS = {"a path": b"/etc/passwd", "a URL": b"http://127.0.0.1:1/feed.xml", "nothing": b""}

SLOW = FEED % b"<item><title>%s</title></item>" % (b"<" * 7_000_000)
"""feedparser needs over ten seconds for it."""
