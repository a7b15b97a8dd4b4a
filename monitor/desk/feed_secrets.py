"""Feed secrets: what opens feeds that are closed, read once at the start.

In: feeds whose `auth` says where, and the environment.  Out: a secret for each, and the texts no
log line may show.  Invariant: a secret is part of no message.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from monitor.desk.settings import secret_in_file
from monitor.exits import ExitCode, Quit
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.redacted import query_pairs
from monitor.feeds.fetching.secrets import Secret, read_secret, telling_parts


@dataclass(frozen=True, slots=True, repr=False)
class FeedSecrets:
    """Secrets by feed id; `starred` is what is never shown: them, and what addresses hold."""

    by_feed: Mapping[str, Secret]
    starred: tuple[str, ...] = ()


NO_SECRETS = FeedSecrets({})


def feed_secrets(feeds: Iterable[Feed], environment: Mapping[str, str]) -> FeedSecrets:
    """The secrets of all feeds.

    Raises:
        Quit: some are missing or unusable; names each feed and variable.
    """
    found, missing = found_secrets(feeds, environment)
    if missing:
        problems = (f"feed {feed}: {why}" for feed, why in missing.items())
        raise Quit(ExitCode.USAGE, "\n".join(problems))
    return found


def found_secrets(
    feeds: Iterable[Feed], environment: Mapping[str, str]
) -> tuple[FeedSecrets, Mapping[str, str]]:
    """The secrets that are there, and for each feed whose secret is not, why."""
    found: dict[str, Secret] = {}
    missing: dict[str, str] = {}
    starred: list[str] = []
    for feed in feeds:
        starred += _in_address(feed.url)
        if not feed.auth:
            continue
        name = feed.auth.removeprefix("env:")
        try:
            found[feed.id] = secret_of(name, environment)
            starred += telling_parts(_text(name, environment))
        except ValueError as error:
            missing[feed.id] = str(error)
    return FeedSecrets(found, tuple(starred)), missing


def secret_of(name: str, environment: Mapping[str, str]) -> Secret:
    """The secret in the variable `name`, or in the file that `name`_FILE names.

    Raises:
        ValueError: it is missing or unusable; says which, never what.
    """
    text = _text(name, environment)
    try:
        return read_secret(text)
    except ValueError as error:
        raise ValueError(f"the secret of {name} {error}") from error


def _text(name: str, environment: Mapping[str, str]) -> str:
    if environment.get(name):
        return environment[name]
    if environment.get(f"{name}_FILE"):
        try:
            return secret_in_file(f"{name}_FILE", Path(environment[f"{name}_FILE"]))
        except Quit as error:
            raise ValueError(error.message) from error
    raise ValueError(f"its secret is missing: set {name} or {name}_FILE")


def _in_address(url: str) -> Iterator[str]:
    """Its user and password, a token in their place, and each `name=value` of its query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    if parts.password:
        yield from {parts.password, unquote(parts.password)}
        yield parts.netloc.rpartition("@")[0]
    elif parts.username:
        yield from {parts.username, unquote(parts.username)}
    yield from query_pairs(url)
