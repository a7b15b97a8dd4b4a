"""Plan: what one process is to run; made by the command line, carried out by `program`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.sink import Sink
from monitor.desk.feed_secrets import NO_SECRETS, FeedSecrets
from monitor.desk.settings import Settings
from monitor.feeds.feed import Feed

if TYPE_CHECKING:
    from monitor.program.reload import Loaded


class Role(StrEnum):
    """What a process can do."""

    POLL = "poll"
    MATCH = "match"
    ALERT = "alert"


ALL_ROLES = (Role.POLL, Role.MATCH, Role.ALERT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run.

    `data` is absolute and exists; `for_s` counts from ready, 0 means until stopped; `beside` runs
    as long as the roles do; `book` is what the rule files say, where this process publishes it;
    `secrets` are those of the feeds.
    """

    desk: str
    default_to: tuple[str, ...]
    feeds: tuple[Feed, ...]
    rules: Path
    data: Path
    settings: Settings
    roles: tuple[Role, ...]
    make_sink: Callable[[], Sink]
    for_s: float = 0.0
    book: "Loaded | None" = None
    secrets: FeedSecrets = NO_SECRETS
    beside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext

    @property
    def publishes(self) -> bool:
        """True when this process does everything, so the rule files are its as well."""
        return set(self.roles) >= set(ALL_ROLES)

    @property
    def embeds_broker(self) -> bool:
        """True when no Kafka is given."""
        return not self.settings.text("KAFKA_BOOTSTRAP_SERVERS")

    @property
    def needs_memory(self) -> bool:
        """True when a role remembers something."""
        return bool({Role.POLL, Role.ALERT} & set(self.roles))

    @property
    def embeds_memory(self) -> bool:
        """True when a role needs a Redis and none is given."""
        return self.needs_memory and not self.settings.text("REDIS_URL")
