"""Connection: where the broker is, for whoever joins a group there."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where the broker is and how patient it is.

    `fetch_wait_ms`: how long the broker may hold a fetch; Tansu does not wake it, so it is short
    there.  `session_timeout_s`: Apache Kafka refuses less than 6, Tansu joins in half of it.
    """

    bootstrap: str
    session_timeout_s: float
    fetch_wait_ms: int
    data: Path
