"""Credit: who an item says wrote it; pure.

In: the byline, the source an entry names, its texts.  Out: one line: the byline, else the source;
the agency of the dateline (`ISLAMABAD (Reuters) -`) or of the last words (`—AFP`) is added where
neither names it.  Invariant: an agency is found only where copy is credited, never in prose.
"""

import re
from collections.abc import Iterator

MAX_AGENCIES = 3
"""Credited together; more is a list."""

_DATELINE_CHARS = 120
_END_CHARS = 120

_NAMES = (
    "Thomson Reuters", "Reuters", "Agence France[- ]Presse", "The Associated Press",
    "Associated Press of Pakistan", "Associated Press", "United Press International",
    "Press Trust of India", "Xinhua", "TASS", "ITAR-TASS", "RIA Novosti", "Interfax", "Ukrinform",
    "DPA", "Anadolu Agency", "Anadolu", "Kyodo News", "Kyodo", "Jiji Press", "Yonhap", "Bloomberg",
    "Press Association", "PA Media", "The Canadian Press", "Canadian Press", "Bernama", "Antara",
    "Belga", "Tanjug", "Ritzau", "News Agencies", "News Agency", "Agencies",
)  # fmt: skip
_INITIALS = (
    "AFP", "AP", "UPI", "PTI", "ANI", "IANS", "UNI", "APP", "PPI", "INP", "NNI", "EFE", "ANSA",
    "AA", "AAP", "BSS", "UNB", "KUNA", "WAM", "IRNA", "ISNA", "LUSA", "NTB",
)  # fmt: skip
_LAST_WORDS = tuple({re.split(r"\W", name.lower())[-1] for name in (*_NAMES, *_INITIALS)})
_BY_LENGTH = sorted(_NAMES, key=len, reverse=True)
_ONE = rf"(?:(?i:{'|'.join(_BY_LENGTH)})|(?:{'|'.join(sorted(_INITIALS, reverse=True))}))\b"
_SOME = rf"{_ONE}(?:(?:\s?[/&,]\s?|\sand\s){_ONE}){{0,3}}"
_DASH = r"(?:--?|[–—―:])"
_BRACKETED = re.compile(
    rf"\A(?P<place>[^()\n]{{0,80}})[(\[](?P<agency>{_SOME})[)\]]\.?\s?(?P<dash>{_DASH})?"
)
_FIRST = re.compile(
    rf"\A(?P<agency>{_SOME})(?:,\s[^.:\n]{{2,40}}?)?\s?(?P<dash>--?(?=\s)|[–—―:])\s?"
)
_LAST = re.compile(rf"(?:\s?[–—―]\s?|\s--?\s?|[(\[]|\n)(?P<agency>{_SOME})[)\]]?\.?\Z")
_INPUTS = re.compile(
    rf"\b(?i:inputs?\s(?:also\s)?(?:from|by)\s(?:the\s)?)(?P<agency>{_SOME})[)\]]?\.?\Z"
)
_WHOLE = re.compile(_SOME)
_BY = re.compile(r"\Aby[:\s]\s*(?=\S)", re.IGNORECASE)
_ADDRESS = re.compile(r"[(<]?[^\s@()<>]{1,100}@[^\s@()<>]{1,100}[)>]?")
_LINK = re.compile(r"https?://\S+")
_NOBODY = {
    "",
    "admin",
    "administrator",
    "webmaster",
    "noreply",
    "no-reply",
    "editor",
    "unknown",
    "root",
}


def credit(byline: str, source: str, *texts: str) -> str:
    """The line of credit.

    `texts` are the entry's texts, one paragraph a line.
    """
    named = byline_of(byline)
    parts = [named] if named else [source] if source else []
    if source and parts != [source] and is_agency(source):
        parts.append(source)
    for agency in _agencies(texts):
        if not any(_says(part, agency) for part in parts):
            parts.append(agency)
    return ", ".join(parts[: MAX_AGENCIES + 1])


def byline_of(author: str) -> str:
    """The names in an author's text: no address, no `By`, nothing for `admin`."""
    author = _ADDRESS.sub("", author) if "@" in author else author
    author = " ".join(_LINK.sub("", author).split()).strip(" ,;:-()")
    author = _BY.sub("", author)
    return "" if author.lower() in _NOBODY else author


def is_agency(name: str) -> bool:
    """Whether the name is that of an agency, or of several."""
    return _WHOLE.fullmatch(name) is not None


def _agencies(texts: tuple[str, ...]) -> Iterator[str]:
    """Agencies that the texts are credited to, as written, first to last."""
    for text in texts:
        if not text:
            continue
        for found in (_in_dateline(text[:_DATELINE_CHARS]), _at_end(text[-_END_CHARS:])):
            if found:
                yield found


def _in_dateline(text: str) -> str:
    found = _BRACKETED.match(text) if "(" in text or "[" in text else None
    if found is None or not (found["dash"] or _is_place(found["place"])):
        found = _FIRST.match(text)
    return found["agency"] if found else ""


def _at_end(text: str) -> str:
    if not text.rstrip(".)]").lower().endswith(_LAST_WORDS):  # 20 times quicker than searching
        return ""
    found = _LAST.search(text) or _INPUTS.search(text)
    return found["agency"] if found else ""


def _is_place(text: str) -> bool:
    """`NEW DELHI, Sept 7`: capitals up to the first comma."""
    place = text.partition(",")[0].strip()
    return place.isupper() if place else True


def _says(part: str, agency: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(agency)}(?!\w)", part, re.IGNORECASE) is not None
