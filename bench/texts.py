"""Items and rules to measure with: the corpus's agency headlines, or generated ones."""

import gzip
import itertools
import json
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from streams.item import Item


def items(count: int) -> list[Item]:
    """`count` items with a title and a summary."""
    found = corpus()
    texts = itertools.cycle(found) if found else _generated()
    return [
        Item(id=f"bench/{number}", feed="bench", title=title, summary=summary)
        for number, (title, summary) in enumerate(itertools.islice(texts, count))
    ]


def corpus() -> list[tuple[str, str]]:
    """Headlines and summaries of the corpus; none where it is not there."""
    corpora = os.environ.get("WIREWATCH_CORPORA")
    path = Path(corpora) / "news-items.jsonl.gz" if corpora else None
    if path is None or not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    return [(item["title"], item.get("summary", "")) for item in read]


def _generated() -> Iterator[tuple[str, str]]:
    chance = random.Random(7)
    words = ["".join(chance.choices("abcdefghijklmnoprstuvwz", k=8)) for _ in range(5_000)]
    while True:
        yield " ".join(chance.choices(words, k=9)), " ".join(chance.choices(words, k=30))


def write_desk(folder: Path, found: Sequence[Item], rules: int) -> None:
    """A desk whose book has pairs of words of the items, so that a few percent match."""
    chance = random.Random(11)
    lines = []
    for number in range(rules):
        item = chance.choice(found)
        pair = [w for w in item.title.split() if w.isalpha() and len(w) > 4][:2] or ["nothing"]
        lines.append(f"rule-{number}: {{all: {json.dumps(pair)}, to: '#bench'}}\n")
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "rules" / "bench.yaml").write_text("".join(lines), encoding="utf-8")
    (folder / "desk.yaml").write_text("name: bench\n", encoding="utf-8")
