"""Feed list: feeds put at the end of feeds.yaml, in its own style.

In: the text of the file and new feeds.  Out: the text with them.  Invariants: every character that
stood there stays, comments too; the file is replaced whole, and only by one that loads and lists
what it listed, and then the new feeds.
"""

import os
import re
import shutil
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from monitor.desk.config import FEEDS_FILE, MAX_ID_CHARS, Desk, load_feeds
from monitor.exits import ExitCode, Quit
from monitor.feeds.feed import Feed
from streams.yaml12 import Invalid, parse, plain

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/~?=&%+@()'-]|:(?=[^\s,\[\]{}]))*(?<! )")
"""Written without quotes, also inside of braces; YAML reads it as it stands."""

_MARK = "\ufeff"
_EMPTY_LIST = re.compile(r"\[\s*\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeed:
    """A feed to be listed; `folder` stands in a comment above the first of it."""

    id: str
    url: str
    outlet: str = ""
    auth: str = ""
    allow_private: bool = False
    folder: str = ""


@dataclass(frozen=True, slots=True)
class _Style:
    indent: str = ""
    braces: bool = True
    apart: bool = False


class NotAppendable(ValueError):
    """The list is written in a way that nothing can be put below it."""


def feed_id(title: str, url: str, taken: Collection[str]) -> str:
    """A free id that tells what the feed is: its title in small letters, else its host."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    wanted = _slug(title) or _slug(host) or "feed"
    if wanted not in taken:
        return wanted
    numbered = (f"{wanted[: MAX_ID_CHARS - 6]}-{n}" for n in range(2, len(taken) + 3))
    return next(free for free in numbered if free not in taken)


def appended(text: str, new: Sequence[NewFeed]) -> str:
    """`text` with the new feeds at its end.

    Raises:
        NotAppendable: it is one list in brackets, or no list.
    """
    style, kept = _style(text.removeprefix(_MARK))
    newline = "\r\n" if "\r\n" in text else "\n"
    lines: list[str] = []
    folder = ""
    for feed in new:
        if feed.folder != folder and feed.folder:
            lines.append(f"{style.indent}# {feed.folder}")
        folder = feed.folder
        lines += _entry(feed, style)
    if style.apart:
        lines.insert(0, "")
    gap = newline if kept and not kept.endswith("\n") else ""
    mark = _MARK if text.startswith(_MARK) else ""
    return mark + kept + gap + "".join(line + newline for line in lines)


def add_feeds(desk: Desk, new: Sequence[NewFeed]) -> None:
    """Writes the new feeds into the desk's feeds.yaml.

    Raises:
        Quit: it cannot be written, or cannot be written so that it loads.
    """
    path = (desk.folder / FEEDS_FILE).resolve()
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        before = path.read_bytes() if path.exists() else b""
        after = appended(before.decode("utf-8", "surrogateescape"), new)
        _write(scratch, after.encode("utf-8", "surrogateescape"))
        if before:
            shutil.copymode(path, scratch)
        _must_list(scratch, desk, new)
        if before and path.read_bytes() != before:
            raise Quit(ExitCode.USAGE, f"{path} was changed by somebody else just now; try again")
        scratch.replace(path)
    except NotAppendable as error:
        raise Quit(ExitCode.USAGE, f"{path} {error}; put one feed a line") from error
    except Invalid as error:
        raise Quit(ExitCode.USAGE, str(error)) from error
    except OSError as error:
        raise Quit(ExitCode.USAGE, f"{path} cannot be written: {error.strerror}") from error
    finally:
        scratch.unlink(missing_ok=True)


def _write(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _must_list(path: Path, desk: Desk, new: Sequence[NewFeed]) -> None:
    """Raises unless the file lists the desk's feeds and then the new ones."""
    listed = load_feeds(path)
    added = [(feed.id, feed.url) for feed in listed[len(desk.feeds) :]]
    kept = listed[: len(desk.feeds)]
    if list(map(_placeless, kept)) != list(map(_placeless, desk.feeds)) or added != [
        (feed.id, feed.url) for feed in new
    ]:
        raise NotAppendable("cannot be added to as it is written")


def _placeless(feed: Feed) -> Feed:
    """The feed without its folder, which depends on how the desk's own is written."""
    return replace(feed, folder="")


def _slug(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters)[:MAX_ID_CHARS].strip("-")


def _style(text: str) -> tuple[_Style, str]:
    """How the last feed of the list is written, and what of `text` stays."""
    document = parse(text.encode("utf-8", "surrogateescape"), FEEDS_FILE)
    lines = text.splitlines(keepends=True)
    line, column = document.start
    at = len("".join(lines[: line - 1])) + column - 1
    match document.value:
        case None:
            return _Style(), text
        case []:
            found = _EMPTY_LIST.match(text, at)
            return _Style(), text[:at] + text[found.end() :] if found else text
        case [*feeds] if text[at : at + 1] == "-":
            last = document.problem((len(feeds) - 1,), "")
            braces = lines[last.line - 1][last.column - 1] == "{"
            apart = len(feeds) > 1 and not lines[last.line - 2].strip()
            return _Style(" " * (column - 1), braces, apart), text
    raise NotAppendable("is no list with one feed a line")


def _entry(feed: NewFeed, style: _Style) -> list[str]:
    pairs = [f"id: {_scalar(feed.id)}", f"url: {_scalar(feed.url)}"]
    if feed.outlet:
        pairs.append(f"outlet: {_scalar(feed.outlet)}")
    if feed.auth:
        pairs.append(f"auth: {_scalar(feed.auth)}")
    if feed.allow_private:
        pairs.append("allow_private: true")
    if style.braces:
        return [f"{style.indent}- {{{', '.join(pairs)}}}"]
    return [f"{style.indent}{'  ' if n else '- '}{pair}" for n, pair in enumerate(pairs)]


def _scalar(text: str) -> str:
    """`text` as YAML reads it back, in quotes where it must be."""
    if _PLAIN.fullmatch(text) and isinstance(_meant(text), str):
        return text
    return f'"{"".join(map(_quoted, text))}"'


def _meant(text: str) -> object:
    try:
        return plain(text)
    except ValueError:
        return None


def _quoted(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"
