"""What Slack refuses: the arguments of a message in, None or a `Refusal` out.

Each rule says where it comes from.  DOC: docs.slack.dev or the types of Slack's own SDKs.
OBSERVED(issue): what users saw the real service do.  HOUSE: legal at Slack, but nothing wirewatch
should ever send.  No rule rests on a guess: where Slack's behaviour is unknown, it is let through.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

MAX_BLOCKS = 50  # DOC chat.postMessage, per message
MAX_BLOCK_ID_CHARS = 255  # DOC, every block
MAX_SECTION_CHARS = 3000  # DOC section block
MAX_SECTION_FIELDS = 10  # DOC section block
MAX_FIELD_CHARS = 2000  # DOC section block
MAX_HEADER_CHARS = 150  # DOC header block
MAX_CONTEXT_ELEMENTS = 10  # DOC context block
MAX_ACTIONS = 25  # DOC actions block
MAX_MARKDOWN_CHARS = 12_000  # DOC markdown block
MAX_URL_CHARS = 3000  # DOC url of a button; HOUSE for links in rich text
MAX_UPDATE_CHARS = 4000  # DOC chat.update, msg_too_long
MAX_BLOCKS_JSON_CHARS = 13_000  # OBSERVED(bolt-js#2509): refused at 13,172 and 13,297

# DOC block reference and slack_sdk 3.47 models; those without a check of their own pass unread
# fmt: off
LEGAL_BLOCKS = frozenset((
    "actions", "alert", "auth_provider", "call", "card", "carousel", "container", "context",
    "context_actions", "data_table", "divider", "file", "header", "image", "input", "markdown",
    "plan", "rich_text", "section", "table", "task_card", "video",
))
# fmt: on

Node = dict[str, Any]
Check = Callable[[Any, str], None]


@dataclass(frozen=True)
class Refusal:
    """An error code of Slack's and the reason given with it."""

    code: str
    reason: str = ""


class _Refused(Exception):
    """Unwinds from the broken spot to `refusal()`."""

    def __init__(self, code: str, reason: str) -> None:
        self.refusal = Refusal(code, reason)


def refusal(arguments: Node, *, updating: bool = False) -> Refusal | None:
    """Why Slack would not take this message; None if it would."""
    try:
        _check_message(arguments, updating)
    except _Refused as refused:
        return refused.refusal
    return None


def metadata_warning(metadata: Node) -> str | None:
    """OBSERVED: metadata outside the schema is dropped with a warning; the message is posted."""
    legal = re.fullmatch(r"[A-Za-z0-9_-]+", metadata["event_type"])
    flat = all(_is_flat(value) for value in metadata["event_payload"].values())
    return None if legal and flat else "invalid_metadata_schema"


def _is_flat(value: object) -> bool:
    """DOC @slack/types MessageMetadata: a scalar, an object of scalars, or an array of those."""
    members = value if isinstance(value, list) else [value]
    scalars = (str, int, float, bool)
    return all(
        isinstance(leaf, scalars)
        for member in members
        for leaf in (member.values() if isinstance(member, dict) else [member])
    )


def _check_message(arguments: Node, updating: bool) -> None:
    text, blocks = arguments.get("text"), arguments.get("blocks")
    told = text or blocks or arguments.get("attachments") or arguments.get("markdown_text")
    _need(told, "no text, blocks or attachments", "no_text")  # DOC chat.postMessage
    _need(text is None or isinstance(text, str), "text must be a string", "invalid_arguments")
    too_long = updating and len(text or "") > MAX_UPDATE_CHARS
    _need(not too_long, f"text over {MAX_UPDATE_CHARS}", "msg_too_long")
    if blocks is not None:
        _check_blocks(blocks)
    if arguments.get("metadata") is not None:
        _check_metadata(arguments["metadata"])


def _check_metadata(metadata: object) -> None:
    """DOC "Designing metadata event schema": always an event_type and an event_payload."""
    good = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
    _need(good, "needs event_type and event_payload", "invalid_metadata_format")


def _check_blocks(blocks: object) -> None:
    if not isinstance(blocks, list):
        raise _Refused("invalid_blocks_format", "blocks must be an array")  # DOC chat.postMessage
    _need(len(blocks) <= MAX_BLOCKS, f"no more than {MAX_BLOCKS} items allowed [/blocks]")
    for index, block in enumerate(blocks):
        _check_block(block, f"/blocks/{index}")
    size = len(json.dumps(blocks, ensure_ascii=False))
    _need(size <= MAX_BLOCKS_JSON_CHARS, f"{size} characters", "msg_blocks_too_long")


def _check_block(block: object, at: str) -> None:
    kind = _kind(block, at)
    _need(kind in LEGAL_BLOCKS, f"unsupported type: {kind} [{at}/type]")
    block_id = block.get("block_id", "")  # type: ignore[attr-defined]
    # DOC says ids *should* be unique, so two of one name pass
    fits = isinstance(block_id, str) and len(block_id) <= MAX_BLOCK_ID_CHARS
    _need(fits, f"at most {MAX_BLOCK_ID_CHARS} characters [{at}/block_id]")
    _BLOCK_CHECKS.get(kind, _unread)(block, at)


def _unread(_block: Node, _at: str) -> None:
    """No rule known: Slack is asked, not we."""


def _check_section(block: Node, at: str) -> None:
    fields = _elements(block, at, "fields", MAX_SECTION_FIELDS) if "fields" in block else []
    _need("text" in block or fields, f"missing required field: text or fields [{at}]")
    if "text" in block:
        _check_text(block["text"], f"{at}/text", MAX_SECTION_CHARS)
    for index, field in enumerate(fields):
        _check_text(field, f"{at}/fields/{index}", MAX_FIELD_CHARS)


def _check_header(block: Node, at: str) -> None:
    _check_text(block.get("text"), f"{at}/text", MAX_HEADER_CHARS, kinds=("plain_text",))


def _check_context(block: Node, at: str) -> None:
    elements = _elements(block, at, "elements", MAX_CONTEXT_ELEMENTS)
    _need(elements, f"must be more than 0 items [{at}/elements]")
    for index, element in enumerate(elements):
        if _kind(element, f"{at}/elements/{index}") == "image":  # DOC context block
            _need(element.get("alt_text"), f"missing required field: alt_text [{at}]")
        else:
            _check_text(element, f"{at}/elements/{index}", MAX_SECTION_CHARS)


def _check_actions(block: Node, at: str) -> None:
    elements = _elements(block, at, "elements", MAX_ACTIONS)
    _need(elements, f"must be more than 0 items [{at}/elements]")


def _check_markdown(block: Node, at: str) -> None:
    text = block.get("text")
    good = isinstance(text, str) and 0 < len(text) <= MAX_MARKDOWN_CHARS
    _need(good, f"1 to {MAX_MARKDOWN_CHARS} characters [{at}/text]")


def _check_text(
    node: Any, at: str, limit: int, kinds: Sequence[str] = ("plain_text", "mrkdwn")
) -> None:
    """DOC text object."""
    _need(_kind(node, at) in kinds, f"must be one of {', '.join(kinds)} [{at}/type]")
    text = node.get("text")
    good = isinstance(text, str) and 0 < len(text) <= limit
    _need(good, f"must be 1 to {limit} characters [{at}/text]")
    stray = node["type"] == "mrkdwn" and "emoji" in node
    _need(not stray, f"emoji is for plain_text only [{at}/emoji]")


def _check_rich_text(block: Node, at: str) -> None:
    """DOC rich text block; OBSERVED(Slack.NetStandard#100): without elements it is refused."""
    elements = _elements(block, at, "elements")
    _need(elements, f"must be more than 0 items [{at}/elements]")
    for index, element in enumerate(elements):
        spot = f"{at}/elements/{index}"
        kind = _kind(element, spot)
        _need(kind in (*_LEAVES, "rich_text_list"), f"unsupported type: {kind} [{spot}/type]")
        if kind == "rich_text_list":
            _check_list(element, spot)
        else:
            _check_leaves(element, spot)


def _check_list(element: Node, at: str) -> None:
    """DOC rich_text_list: bullet or ordered, of sections."""
    _need(element.get("style") in ("bullet", "ordered"), f"bullet or ordered [{at}/style]")
    for index, section in enumerate(_elements(element, at, "elements")):
        spot = f"{at}/elements/{index}"
        _need(_kind(section, spot) == "rich_text_section", f"must be a section [{spot}/type]")
        _check_leaves(section, spot)


def _check_leaves(element: Node, at: str) -> None:
    """OBSERVED(python-slack-sdk#1576): an empty array is legal here."""
    allowed = _LEAVES[element["type"]]
    for index, leaf in enumerate(_elements(element, at, "elements")):
        spot = f"{at}/elements/{index}"
        kind = _kind(leaf, spot)
        _need(kind in allowed, f"unsupported type: {kind} [{spot}/type]")
        allowed[kind](leaf, spot)
        _check_style(leaf.get("style", {}), f"{spot}/style")


def _check_style(style: object, at: str) -> None:
    """DOC text, link and date elements: an object of optional booleans."""
    good = isinstance(style, dict) and all(isinstance(value, bool) for value in style.values())
    _need(good, f"must be an object of booleans [{at}]")


def _check_words(leaf: Node, at: str) -> None:
    """OBSERVED(mx-puppet-slack#49): "must be more than 0 characters [/…/text]"."""
    text = leaf.get("text")
    _need(isinstance(text, str), f"must provide a string [{at}/text]")
    _need(text, f"must be more than 0 characters [{at}/text]")


def _check_link(leaf: Node, at: str) -> None:
    """DOC link element; OBSERVED(slack-go#1412): a text may be absent, not empty."""
    url = leaf.get("url")
    good = isinstance(url, str) and re.fullmatch(r"https?://[^\s/]\S*", url)  # HOUSE: no mailto:
    _need(good, f"must be an http(s) address [{at}/url]")
    _need(len(str(url)) <= MAX_URL_CHARS, f"at most {MAX_URL_CHARS} characters [{at}/url]")
    if "text" in leaf:
        _check_words(leaf, at)


def _check_emoji(leaf: Node, at: str) -> None:
    name = leaf.get("name")  # DOC emoji element: required
    _need(isinstance(name, str) and name, f"missing required field: name [{at}]")


def _check_date(leaf: Node, at: str) -> None:
    """DOC date element; OBSERVED(python-slack-sdk#1560): "must provide an integer"."""
    stamp, pattern, fallback = (leaf.get(key) for key in ("timestamp", "format", "fallback"))
    whole = isinstance(stamp, int) and not isinstance(stamp, bool)
    _need(whole, f"must provide an integer [{at}/timestamp]")
    _need(isinstance(pattern, str) and pattern, f"missing required field: format [{at}]")
    # HOUSE: optional at Slack, but without it an old client shows nothing
    _need(isinstance(fallback, str) and fallback, f"missing required field: fallback [{at}]")


def _kind(node: object, at: str) -> str:
    kind = node.get("type") if isinstance(node, dict) else None
    _need(isinstance(kind, str), f"missing required field: type [{at}]")
    return str(kind)


def _elements(node: Node, at: str, key: str, limit: int | None = None) -> list[Any]:
    value = node.get(key)
    if not isinstance(value, list):
        raise _Refused("invalid_blocks", f"must be an array [{at}/{key}]")
    fits = limit is None or len(value) <= limit
    _need(fits, f"no more than {limit} items allowed [{at}/{key}]")
    return value


def _need(condition: object, reason: str, code: str = "invalid_blocks") -> None:
    if not condition:
        raise _Refused(code, reason)


# HOUSE: Slack also takes user, usergroup, channel, broadcast and color; wirewatch mentions nobody,
# so a card with one of them is a bug
_INLINE: dict[str, Check] = {
    "text": _check_words,
    "link": _check_link,
    "emoji": _check_emoji,
    "date": _check_date,
}
_LEAVES: dict[str, dict[str, Check]] = {
    "rich_text_section": _INLINE,
    "rich_text_quote": _INLINE,
    # DOC @slack/types RichTextPreformatted
    "rich_text_preformatted": {"text": _check_words, "link": _check_link},
}
_BLOCK_CHECKS: dict[str, Check] = {
    "section": _check_section,
    "header": _check_header,
    "context": _check_context,
    "actions": _check_actions,
    "markdown": _check_markdown,
    "rich_text": _check_rich_text,
}
