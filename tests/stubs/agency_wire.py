"""One story as ninjs 1, 2 and 3 and as NewsML-G2 state it, and how it is read."""

import json
from datetime import UTC, datetime
from typing import Any

from monitor.feeds.drops.agency_file import read_agency_file
from monitor.feeds.feed import Feed
from monitor.feeds.reading.entries import Dropped
from streams.item import Item

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed(id="wire", folder="in", outlet="Example Wire", language="en", tier=1)
MB = 2**20
NINJS_1 = {
    "uri": "urn:example:wire:1",
    "type": "text",
    "version": "3",
    "firstcreated": "2026-11-23T09:00:00+05:30",
    "versioncreated": "2026-11-23T04:00:00Z",
    "embargoed": "2026-11-23T18:00:00+05:30",
    "pubstatus": "usable",
    "urgency": 2,
    "copyrightholder": "not the credit",
    "ednote": "Adds <quotes>",
    "language": "en-GB",
    "byline": "Ann Bee",
    "slugline": "Trade-Tariffs",
    "headline": "Tariffs < 5% & falling",
    "headline_short": "not this",
    "description_text": "In short & plain",
    "body_xhtml": "<p>First.</p><p>Second.</p>",
    "subject": [{"name": "trade", "scheme": "http://cv.example/", "code": "medtop:20000209"}],
    "place": [{"name": "Pakistan"}],
    "person": [{"name": "Cy Dee"}],
    "altids": {"slot": "B123", "old": "1999"},
    "associations": {"picture": {"uri": "urn:example:picture:1", "type": "picture"}},
}
NINJS_2 = {
    **{k: NINJS_1[k] for k in ("uri", "version", "firstcreated", "versioncreated", "embargoed")},
    **{k: NINJS_1[k] for k in ("pubstatus", "urgency", "ednote", "language", "byline", "slugline")},
    "standard": {"name": "ninjs", "version": "2.1"},
    "headlines": [
        {"role": "short", "value": "not this"},
        {"role": "main", "value": "Tariffs < 5% & falling"},
    ],
    "descriptions": [{"role": "text", "contenttype": "text/plain", "value": "In short & plain"}],
    "bodies": [
        {"role": "teaser", "contenttype": "text/plain", "value": "not this"},
        {"role": "main", "contenttype": "text/html", "value": "<p>First.</p><p>Second.</p>"},
    ],
    "subjects": [{"name": "trade", "code": "medtop:20000209"}],
    "places": [{"name": "Pakistan"}],
    "people": [{"name": "Cy Dee"}],
    "altids": [{"role": "slot", "value": "B123"}, {"role": "old", "value": "1999"}],
}
NINJS_3 = {
    **{k: NINJS_2[k] for k in ("uri", "version", "urgency", "language", "byline", "slugline")},
    **{k: NINJS_2[k] for k in ("headlines", "places", "people", "embargoed")},
    "standard": {"name": "ninjs", "version": "3.3"},
    "firstCreated": NINJS_1["firstcreated"],
    "versionCreated": NINJS_1["versioncreated"],
    "pubStatus": "usable",
    "edNote": NINJS_1["ednote"],
    "descriptions": [{"role": "text", "contentType": "text/plain", "value": "In short & plain"}],
    "bodies": [{"role": "main", "contentType": "application/xhtml+xml",
                "value": "<p>First.</p><p>Second.</p>"}],
    "subjects": [{"name": "trade", "literal": "medtop:20000209"}],
    "altIds": NINJS_2["altids"],
}  # fmt: skip
G2 = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="{guid}" version="{version}"
 standard="NewsML-G2" standardversion="2.34" conformance="power" xml:lang="en-GB">
<catalogRef href="http://127.0.0.1:1/catalog.xml"/>
<itemMeta>
  <itemClass qcode="ninat:text"/><provider qcode="nprov:EXW"><name>Example Wire</name></provider>
  <versionCreated>2026-11-23T04:00:00Z</versionCreated>
  <firstCreated>2026-11-23T09:00:00+05:30</firstCreated>
  <embargoed>2026-11-23T18:00:00+05:30</embargoed>
  <pubStatus qcode="stat:{status}"/>
  <edNote>Adds &lt;quotes></edNote><signal qcode="sig:correction"/>
</itemMeta>
<contentMeta>
  <urgency>2</urgency><altId>B123</altId><altId>1999</altId>
  <creator><name>not the credit</name></creator>
  <language tag="en-GB"/>
  <subject qcode="medtop:20000209"><name>trade</name></subject>
  <subject type="cpnat:geoArea" literal="PK"><name>Pakistan</name></subject>
  <slugline>Trade-Tariffs</slugline>
  <headline role="hld:web">not this</headline>
  <headline role="hld:main">Tariffs &lt; 5% &amp;
    falling</headline>
  <by>Ann Bee</by><description>In short &amp; plain</description>
</contentMeta>
<contentSet>{content}</contentSet></newsItem>"""
XHTML = """<inlineXML contenttype="application/xhtml+xml"><html
 xmlns="http://www.w3.org/1999/xhtml"><head><title>not this</title></head><body><p>First
 <b>of</b> all,

 1 &lt; 2.</p><p>Second.<br/><br/>Third.</p><script>not()</script></body></html></inlineXML>"""
NITF = """<inlineXML contenttype="application/nitf+xml"><nitf
 xmlns="http://iptc.org/std/NITF/2006-10-18/"><body><body.head><hedline><hl1>H</hl1></hedline>
 <byline>By N</byline><abstract><p>A</p></abstract></body.head><body.content><p>First of all,
 1 &lt; 2.</p><p>Second.</p><media media-type="image"><media-caption>not this</media-caption>
 </media><p>Third.</p></body.content></body></nitf></inlineXML>"""


def g2(guid: str = "urn:example:wire:1", *, version: int = 3, status: str = "usable",
       content: str = XHTML) -> str:  # fmt: skip
    return G2.format(guid=guid, version=version, status=status, content=content)


def message(*items: str) -> bytes:
    inside = "".join(items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><newsMessage '
        'xmlns="http://iptc.org/std/nar/2006-10-01/"><header><sent>2026-11-23T04:00:01Z</sent>'
        f'</header><itemSet><packageItem guid="p"/>{inside}</itemSet></newsMessage>'
    ).encode()


def read(body: Any) -> list[Item | Dropped]:
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return read_agency_file(body, FEED, NOW)


def only(body: Any) -> Item:
    [item] = read(body)
    assert isinstance(item, Item)
    return item
