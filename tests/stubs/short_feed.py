"""A feed of three entries, and what a desk lists."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from stubs.outlet import Entry, rss
from stubs.wirewatch import Desk

NOW = datetime.now(UTC)
FEED = rss(
    *(
        Entry(
            title=f"Title {n}",
            guid=f"g{n}",
            link=f"https://a.example/{n}",
            summary="x" * 150,
            published=format_datetime(NOW - timedelta(hours=n)),
        )
        for n in range(3)
    ),
    title="Stub: the wire",
)


def listed(desk: Desk) -> str:
    return (desk.folder / "feeds.yaml").read_text()
