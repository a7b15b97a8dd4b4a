"""Push: WebSub for the poll role, where the settings say how hubs reach it.

In: settings, the desk's subscriptions, what takes a pushed body.  Out: a `Subscriber`, while the
callback listens; None where no public address is set.  Invariant: a wrong setting ends the start.
"""

from collections.abc import AsyncIterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from monitor.desk.settings import Settings
from monitor.exits import ExitCode, Quit
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.websub.callback import Callback, OnPush
from monitor.feeds.websub.protocol import Pushed
from monitor.feeds.websub.subscriber import Subscriber
from monitor.feeds.websub.subscriptions import Subscriptions
from monitor.vitals.address import listen

URL, LISTEN = "WIREWATCH_WEBSUB_URL", "WIREWATCH_WEBSUB_LISTEN"


@asynccontextmanager
async def pushed_to(
    settings: Settings,
    subscriptions: Subscriptions,
    fetcher: Fetcher,
    on_push: OnPush,
    pushes: MutableMapping[Pushed, int],
) -> AsyncIterator[Subscriber | None]:
    """What looks after subscriptions, while hubs are answered.

    Raises:
        Quit: a setting is no address, or cannot be listened on.
    """
    base = _base_url(settings)
    if not base:
        yield None
        return
    async with AsyncExitStack() as stack:
        if listener := listen(settings, LISTEN):
            stack.callback(listener.close)
            callback = Callback(subscriptions, on_push, pushes)
            await stack.enter_async_context(callback.listening(listener))
        yield Subscriber(subscriptions, fetcher, base)


def _base_url(settings: Settings) -> str:
    """Where hubs reach the callback; empty where they do not."""
    (url, origin), (where, listen_origin) = settings.values[URL], settings.values[LISTEN]
    if not url and where not in {"", "off"}:
        message = f"{LISTEN} ({listen_origin}): {where} is where nobody is told to call"
        raise Quit(ExitCode.USAGE, f"{message}: set {URL} too")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
    except ValueError:
        sound = False
    if url and (not sound or "?" in url or "#" in url):
        example = "as https://wires.example.com"
        raise Quit(ExitCode.USAGE, f'{URL} ({origin}): "{url}" is no public base URL, {example}')
    return url
