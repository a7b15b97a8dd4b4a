"""XML tree: a body in, its elements of one name out, one after the other; pure.

The only module that parses with lxml.  Invariants: no DTD is read, no entity expanded, no network
asked; an element's memory is given back when the next one is asked for.
"""

import io
from collections.abc import Iterator
from typing import Any

from lxml import etree

from monitor.feeds.reading.guard import NotAFeed, guard

MAX_MARKUP = 200_000
"""Tags and attributes, counted by `<` and `=`: each takes 100 to 200 bytes; a message of 100 items
has 30,000."""


def elements(body: bytes, name: str) -> Iterator[Any]:
    """Each element called `name` (`{namespace}name`; `{*}name` for any) with all it holds.

    Raises:
        NotAFeed: malformed, with a DTD that counts, too deep, too much markup, or cut off; what
            came before stands.
    """
    safe = guard(body)
    if safe.count(b"<") + safe.count(b"=") > MAX_MARKUP:
        raise NotAFeed("XML of too many tags")
    found = etree.iterparse(
        io.BytesIO(safe),
        events=("end",),
        tag=name,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _, element in found:
            if element.getroottree().docinfo.doctype:
                raise NotAFeed("XML with a DTD")
            yield element
            _forget(element)
    except etree.XMLSyntaxError as error:
        raise NotAFeed(f"malformed XML: {error.msg}") from error


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
