"""Part `matcher`: items per second that a book of 10 to 100,000 rules judges, beside its peers.

Work: which rules hit an item, of 100 and of 500 words (see `workload.py`).  Ours is `Matcher.hits`,
one process pinned to one core.  Peers, with the same rules and items in the same run: Lucene
Monitor 9.11.1 where Java and Maven are there, one caller with both cores for its collector and
compiler; a loop of compiled closures, pyahocorasick before the same closures, and `re` per term
(see `matcher_peers.py`), each pinned as ours is.  They take turns, one pass each, nobody else at
work, as often for the one as for the other; Lucene has had WARM_PASSES before, and the better of
its two presearchers is kept.  Rates are of the best pass, p50 and p99 of the pass where they are
lowest.  Slow peers do the first items only, in turns with ours on just these.

The same meaning on both sides: terms are inflected, because that is what users get, so Lucene has
the analyzer an English index has (Unicode words, small letters, Porter2, no stop words).  Stemming
costs it each token and us each new word; an unstemmed Lucene is no answer to the same question.
What is left of differences (its stems and ours are of two Snowball releases, prefixes are sought
in stems, cease-fire is ceasefire only here) is stated as `agree_*`: pairs of item and rule both
find, of those either finds.

Ratios: `vs_PEER_RULES` with 100 words, `_500w` with 500.  Figures, by number of rules:
`ENGINE_RULES_items_per_s`, `_p50_us`, `_p99_us`; `p99_vs_lucene_RULES` (Lucene's p99 ÷ ours);
`build_s`; `memory_mb` (resident, after all passes, beside the book); `cold_us` (the first item);
`first_pass_items_per_s` (no word seen before); `hits_per_item`; `match_items_per_s` (with evidence
and status), beside `all_items_per_s` (without, over the same items), and `evidence_us`, their
difference; `growth_exponent`: the slope of the cost
of an item over rules, both logarithmic, from the smallest to the largest book, and
`growth_exponent_last`: between the two largest.

WIREWATCH_BENCH_RULES=1000,10000 and WIREWATCH_BENCH_PEERS=lucene,loop,ahocorasick,re choose sizes
and peers.  All of it takes 5 to 10 minutes, half of
them the 100,000 rules.
"""

import contextlib
import math
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import lucene_monitor
import workload
from contender import Contender, Record, running

from streams.item import Item
from streams.rules.book import Rule

SIZES = (10, 100, 1_000, 10_000, 100_000)
WORDS = {"short": 100, "long": 500}
ITEMS = {"short": 2_000, "long": 400}
FEWEST_ITEMS = {"short": 200, "long": 50}
"""A pass has so many at most; fewer, down to these, where Lucene is slow."""

ROUNDS = 8
PEER_ROUNDS = 3
WARM_PASSES = 8
TRIAL_ITEMS = 200
"""Of a presearcher a pass, after which the slower one is left."""

PASS_S = 0.7
"""A peer judges as many items a pass as this allows."""

TRIAL_FEW = 10
PEER_MOST_ITEMS = 1_000
PEER_MOST_RULES = {"loop": 100_000, "ahocorasick": 100_000, "re": 1_000}
COMPARED_ITEMS = 500
WORKER = Path(__file__).with_name("matcher_worker.py")

Result = dict[str, dict[str, float]]
Records = dict[tuple[str, str], Record]
"""By engine and items."""


def measure() -> Result:
    """Ratios and figures of this machine."""
    told = workload.news()
    items = {name: workload.items(told, ITEMS[name], WORDS[name]) for name in WORDS}
    words = workload.vocabulary(items["short"])
    libs = lucene_monitor.jars() if "lucene" in _peers() else None
    result: Result = {"ratios": {}, "figures": {}}
    costs: list[tuple[int, float]] = []
    for size in _sizes():
        with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as folder:
            _write(Path(folder), workload.rules(size, words), items)
            costs.append((size, _of_size(size, Path(folder), libs, result)))
    result["figures"] |= _growth(costs)
    result["figures"] = {name: round(value, 4) for name, value in result["figures"].items()}
    return result


def _sizes() -> list[int]:
    chosen = os.environ.get("WIREWATCH_BENCH_RULES")
    return sorted(map(int, chosen.split(","))) if chosen else list(SIZES)


def _peers() -> list[str]:
    return os.environ.get("WIREWATCH_BENCH_PEERS", "lucene,loop,ahocorasick,re").split(",")


def _write(folder: Path, rules: Sequence[Rule], items: dict[str, list[Item]]) -> None:
    (folder / "rules.pickle").write_bytes(pickle.dumps(rules))
    lucene_monitor.write_queries(folder, rules)
    for name, each in items.items():
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(each))
        lucene_monitor.write_items(folder, name, each)


def _of_size(size: int, folder: Path, libs: Path | None, result: Result) -> float:
    """One size of book, its figures put into `result`; microseconds per short item of ours."""
    name, records = size_name(size), Records()
    with _worker("ours", folder) as ours:
        figures = {f"ours_{name}_{key}": value for key, value in ours.started.items()}
        first = Record([_pass(ours, "short", ITEMS["short"])])
        figures[f"ours_{name}_first_pass_items_per_s"] = first.per_s()
        if libs:
            figures |= _against_lucene(name, folder, libs, ours, records, result)
        else:
            for items, count in ITEMS.items():
                _rounds({"ours": ours}, items, count, records)
        for peer in _peers():
            if size <= PEER_MOST_RULES.get(peer, 0):
                _against(peer, name, folder, ours, records, result)
        whole = Record([_pass(ours, "short", ITEMS["short"]) for _ in range(ROUNDS)])
        figures |= _evidence(name, ours, whole)
        figures[f"ours_{name}_memory_mb"] = ours.ask("memory")["mb"]
    result["figures"] |= figures | _rates(name, records)
    return 1e6 / whole.per_s()


def size_name(size: int) -> str:
    """10, 100, 1k, 10k, 100k."""
    return f"{size // 1000}k" if size >= 1000 and size % 1000 == 0 else str(size)


def _worker(engine: str, folder: Path) -> contextlib.AbstractContextManager[Contender]:
    return running([sys.executable, str(WORKER), engine, str(folder)])


def _against_lucene(
    name: str, folder: Path, libs: Path, ours: Contender, records: Records, result: Result
) -> dict[str, float]:
    """Lucene and ours in turns over items of both lengths; the ratios are put into `result`."""
    with _lucene(libs, folder) as (lucene, per_s):
        for items, most in ITEMS.items():
            paced = per_s * PASS_S * most / ITEMS["short"]
            count = int(min(most, max(FEWEST_ITEMS[items], paced)))
            _rounds({"ours": ours, "lucene": lucene}, items, count, records)
        figures = {
            f"lucene_{name}_build_s": lucene.started["build_s"],
            f"agree_lucene_{name}": _agreement(ours, lucene, COMPARED_ITEMS),
        }
    for items in ITEMS:
        one, other = records[("ours", items)], records[("lucene", items)]
        key = f"vs_lucene_{name}{_suffix(items)}"
        result["ratios"][key] = round(one.per_s() / other.per_s(), 2)
        figures[f"p99_{key}"] = other.at(0.99) / one.at(0.99)
    return figures


@contextlib.contextmanager
def _lucene(libs: Path, folder: Path) -> Iterator[tuple[Contender, float]]:
    """Lucene with its better presearcher, and how many items a second that did in its trial."""
    with contextlib.ExitStack() as stack:
        trial = {}
        for presearcher in lucene_monitor.PRESEARCHERS:
            command = lucene_monitor.command(libs, folder, presearcher)
            lucene = stack.enter_context(running(command))
            passes = [_pass(lucene, "short", TRIAL_ITEMS) for _ in range(WARM_PASSES)]
            trial[presearcher] = Record(passes).per_s(), lucene
            sys.stderr.write(f"lucene {presearcher:<12} {trial[presearcher][0]:>12,.0f} items/s\n")
        best = max(trial, key=lambda each: trial[each][0])
        for presearcher, (_, lucene) in trial.items():
            if presearcher != best:
                lucene.close()
        yield trial[best][1], trial[best][0]


def _pass(contender: Contender, items: str, count: int) -> list[int]:
    spent: list[int] = contender.ask("pass", items, count)["ns"]
    return spent


def _rounds(engines: dict[str, Contender], items: str, count: int, records: Records) -> None:
    """Everybody is warm, then they take turns."""
    for _ in range(WARM_PASSES):
        for contender in engines.values():
            _pass(contender, items, count)
    kept = {engine: Record() for engine in engines}
    for _ in range(ROUNDS):
        for engine, contender in engines.items():
            kept[engine].passes.append(_pass(contender, items, count))
    for engine, record in kept.items():
        records[(engine, items)] = record
        sys.stderr.write(f"{engine:<12} {items:<6} {record.per_s():>12,.0f} items/s\n")


def _against(
    peer: str, name: str, folder: Path, ours: Contender, records: Records, result: Result
) -> None:
    """A slow peer and ours in turns, over as many items as the peer can do."""
    with _worker(peer, folder) as contender:
        trial = Record([_pass(contender, "short", TRIAL_FEW)])
        count = int(min(PEER_MOST_ITEMS, max(TRIAL_FEW, trial.per_s() * PASS_S)))
        record, beside = Record(), Record()
        for _ in range(PEER_ROUNDS):
            record.passes.append(_pass(contender, "short", count))
            beside.passes.append(_pass(ours, "short", count))
        agree = _agreement(ours, contender, min(count, COMPARED_ITEMS))
        build_s = contender.started["build_s"]
    sys.stderr.write(f"{peer:<12} short  {record.per_s():>12,.0f} items/s\n")
    records[(peer, "short")] = record
    result["ratios"][f"vs_{peer}_{name}"] = round(beside.per_s() / record.per_s(), 2)
    result["figures"] |= {f"{peer}_{name}_build_s": build_s, f"agree_{peer}_{name}": agree}


def _agreement(ours: Contender, peer: Contender, count: int) -> float:
    """Pairs of item and rule that both find, of those either finds."""
    answers = [each.ask("hits", "short", count)["hits"] for each in (ours, peer)]
    one, other = ({(n, r) for n, hit in enumerate(a) for r in hit} for a in answers)
    return len(one & other) / max(1, len(one | other))


def _evidence(name: str, ours: Contender, hits: Record) -> dict[str, float]:
    """What evidence and status add, over all items."""
    count = ITEMS["short"]
    told = Record([ours.ask("match", "short", count)["ns"] for _ in range(PEER_ROUNDS)])
    found = ours.ask("hits", "short", count)["hits"]
    return {
        f"ours_{name}_all_items_per_s": hits.per_s(),
        f"ours_{name}_match_items_per_s": told.per_s(),
        f"ours_{name}_evidence_us": 1e6 / told.per_s() - 1e6 / hits.per_s(),
        f"ours_{name}_hits_per_item": sum(map(len, found)) / len(found),
    }


def _rates(name: str, records: Records) -> dict[str, float]:
    figures = {}
    for (engine, items), record in records.items():
        key = f"{engine}_{name}{_suffix(items)}"
        figures[f"{key}_items_per_s"] = record.per_s()
        figures |= {f"{key}_p50_us": record.at(0.5), f"{key}_p99_us": record.at(0.99)}
    return figures


def _suffix(items: str) -> str:
    return "" if items == "short" else f"_{WORDS[items]}w"


def _growth(costs: Sequence[tuple[int, float]]) -> dict[str, float]:
    """Slopes of the cost of an item over rules; none of one size."""
    if len(costs) < 2:
        return {}
    slopes = {"growth_exponent": (costs[0], costs[-1]), "growth_exponent_last": costs[-2:]}
    return {name: _slope(low, high) for name, (low, high) in slopes.items()}


def _slope(low: tuple[int, float], high: tuple[int, float]) -> float:
    return math.log(high[1] / low[1]) / math.log(high[0] / low[0])
