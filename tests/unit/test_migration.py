"""monitor.feeds.state: new ids, dates or a gap are told from news; what is known is bounded."""

from collections.abc import Mapping
from dataclasses import replace

from stubs.windows import DAY, FEED, NOW, Memory, item, told

from monitor.feeds.state.changes import KNOWN_MOST, KNOWN_SLACK, Changes, find_changes, needs_all
from monitor.feeds.state.known import Known
from monitor.feeds.state.migration import MASS_LEAST
from monitor.feeds.state.overlap import WindowFacts
from streams.decision import Reason
from streams.item import Kind


def test_all_guids_anew_is_a_migration_and_no_news() -> None:
    memory = Memory()
    memory.poll([item(n, ago_s=DAY) for n in range(12)])
    new_ids = [item(n, guid="h", ago_s=DAY) for n in range(12)]
    moved = memory.poll([*new_ids, item(99, guid="h")])
    assert [i.id for i in moved.publish] == ["f/h99"]  # real news is told all the same
    assert [(e.reason, e.detail) for e in moved.events] == [
        (Reason.FEED_MIGRATED, "12 of 13 items are known under other ids")
    ]
    assert memory.known["f/h3"].baseline
    changed = [item(3, "Other words", guid="h"), *new_ids[4:]]
    assert told(memory.poll(changed)) == [("f/h3", Kind.UPDATE, 2, False)]


def test_in_a_migration_other_words_are_told() -> None:
    memory = Memory()
    memory.poll([item(n) for n in range(12)])
    window = [item(0, "Other words", guid="h"), *(item(n, guid="h") for n in range(1, 12))]
    assert told(memory.poll(window)) == [("f/h0", Kind.UPDATE, 2, False)]


def test_known_by_headline_and_day_where_addresses_changed_too() -> None:
    memory = Memory()
    memory.poll([item(n) for n in range(6)])
    window = [
        replace(item(n, guid="h"), canonical_url=f"https://b.example/x/{n}") for n in range(6)
    ]
    assert memory.poll(window).publish == ()


def test_one_address_for_all_or_a_headline_shared_leads_nowhere() -> None:
    memory = Memory()
    poor = [replace(item(n), canonical_url="https://a.example/") for n in range(6)]
    memory.poll(poor)
    others = [
        replace(item(n, f"News {n}", guid="h"), canonical_url="https://a.example/")
        for n in range(6)
    ]
    assert len(memory.poll(others).publish) == 6
    same = [replace(item(n, "Weather", guid=g), canonical_url="") for g in "ij" for n in range(6)]
    memory.poll(same[:6])
    assert len(memory.poll(same[6:]).publish) == 6


def test_a_few_new_ids_are_no_migration() -> None:
    memory = Memory()
    memory.poll([item(n) for n in range(12)])
    few = [item(n, guid="h") for n in range(MASS_LEAST - 1)]
    assert len(memory.poll(few).publish) == MASS_LEAST - 1
    half = [item(n, guid="h" if n >= 6 else "g") for n in range(12)]
    assert len(memory.poll(half).publish) == 6


def test_all_dates_anew_is_a_migration_and_other_words_are_told() -> None:
    memory = Memory()
    memory.poll([item(n, ago_s=30 * DAY) for n in range(8)])
    window = [item(0, "Other words"), *(item(n) for n in range(1, 8))]
    moved = memory.poll(window)
    assert told(moved) == [("f/g0", Kind.UPDATE, 2, False)]
    assert [e.reason for e in moved.events] == [Reason.FEED_MIGRATED]
    assert {k.rev for k in memory.known.values()} == {1, 2}
    assert memory.poll(window) == Changes((), {})


def test_no_link_to_the_last_window_is_a_gap() -> None:
    memory = Memory()
    memory.poll([item(n) for n in range(9)])
    facts = {"previous": 9, "since_s": NOW.timestamp() - 600}
    later = [item(n) for n in range(20, 29)]
    changes = memory.poll(later, overlap=0, **facts)
    assert len(changes.publish) == 9
    [event] = changes.events
    assert event.reason is Reason.FEED_GAP
    assert event.detail == (
        "none of 9 items was there at the last poll, 2026-11-23T11:50:00+00:00: "
        "some may have been missed"
    )
    assert memory.poll([item(n) for n in range(30, 39)], overlap=1, **facts).events == ()
    assert memory.poll([item(30, "Retouched"), item(50)], overlap=0, **facts).events == ()
    assert memory.poll([], overlap=0, **facts).events == ()


def test_when_all_that_is_known_must_be_read() -> None:
    few, many = [item(n) for n in range(4)], [item(n) for n in range(9)]
    later = WindowFacts(total=9)
    assert needs_all(many, {}, later, 100)
    assert not needs_all(few, {}, later, 100)
    assert not needs_all(many, {}, WindowFacts(first_poll=True, total=9), 0)
    assert not needs_all(many, Memory().poll(many).known, later, 100)
    assert needs_all([], {}, later, KNOWN_MOST + KNOWN_SLACK + 10)


def test_the_oldest_are_forgotten_and_none_that_was_read() -> None:
    known = {f"f/o{n}": Known(1, "p", "t") for n in range(KNOWN_MOST + KNOWN_SLACK + 3)}
    shown = [item(0, guid="o"), item(1, guid="new")]

    def forgotten(known: Mapping[str, Known], facts: WindowFacts) -> tuple[str, ...]:
        return find_changes(shown, known, feed=FEED, now=NOW, facts=facts).forget

    facts = WindowFacts(total=2)
    assert forgotten(known, facts) == tuple(f"f/o{n}" for n in range(1, KNOWN_SLACK + 3))
    assert forgotten(known, replace(facts, part=True)) == ()
    del known["f/o0"]  # few enough: all may have been read for a migration, part of the window
    assert forgotten(known, facts) == ()


def test_an_agencys_numbers_begin_anew_with_its_ids() -> None:
    memory = Memory()
    memory.poll([item(n, version="5") for n in range(12)])
    moved = memory.poll([item(n, f"{n}, more", guid="h", version="1") for n in range(12)])
    assert (len(moved.publish), moved.dropped) == (12, ())
