"""`make differ PAIRS=200000 SEED=1`: the matcher beside the oracle on rules and items by chance.

stdout: every difference, one a line; last a JSON line: pairs, differences, hits, and of each
operator how many pairs held it and how many of those hit.
"""

import argparse
import json
import sys
from collections import Counter
from random import Random

from stubs.random_rules import features, items, rules

from streams.rules.book import Book
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.oracle import judge_read
from streams.rules.matching.reading import read

RULES = 100
ITEMS = 40


def main() -> int:
    """0 where there is no difference, else 1."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pairs", type=int, default=200_000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    chance = Random(given.seed)  # noqa: S311 - the same seed, the same rules
    pairs = differences = hits = 0
    held: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    while pairs < given.pairs:
        book = Book(tuple(rules(chance, RULES)))
        matcher = Matcher(book)
        made_of = {rule.id: features(rule) for rule in book.rules}
        for item in items(chance, ITEMS):
            verdict = matcher.match(item)
            found = {h.rule: True for h in verdict.hits} | {s.rule: None for s in verdict.stopped}
            quick, reading = matcher.hits(item), read(item)
            for rule in book.rules:
                meant = judge_read(rule, item, reading)
                if found.get(rule.id, False) is not meant or (rule.id in quick) is not (
                    meant is True
                ):
                    differences += 1
                    print(f"{meant} {found.get(rule.id, False)} {rule.id in quick} {rule} {item}")
                held.update(made_of[rule.id])
                hit.update(made_of[rule.id] if meant else ())
                hits += meant is True
                pairs += 1
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{pairs:,} pairs, {differences} differences")
    operators = {name: {"pairs": held[name], "hits": hit[name]} for name in sorted(held)}
    said = {"pairs": pairs, "differences": differences, "hits": hits, "operators": operators}
    print(json.dumps(said))
    return int(differences > 0)


if __name__ == "__main__":
    sys.exit(main())
