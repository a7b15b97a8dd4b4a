"""Queries: what is refused with which words, where; any text is read or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stubs.queries import read

from streams.rules.query.lexer import BadQuery, Fault

MIXED = "AND and OR mixed: write "
QUOTE_AND = 'write AND; "and" in small letters would be a word of a phrase'


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [
        ("", 0, "empty; words to look for belong here"),
        ("a AND b OR c", 0, f"{MIXED}a AND (b OR c) or (a AND b) OR c"),
        ("a OR b AND NOT c", 0, f"{MIXED}(a OR b) AND NOT c or a OR (b AND NOT c)"),
        ("(x W/2 y) OR b AND c", 0, f"{MIXED}((x W/2 y) OR b) AND c or (x W/2 y) OR (b AND c)"),
        (
            "a AND b OR c AND d",
            0,
            f"{MIXED}a AND (b OR c) AND d or (a AND b) OR (c AND d)",
        ),
        ("a and b", 2, f'"and": {QUOTE_AND}'),
        ('"a b" and c', 6, f'"and": {QUOTE_AND}'),
        ("a or b", 2, '"or": write OR; "or" in small letters would be a word of a phrase'),
        ("not a", 0, '"not": write NOT in capitals; "not" would be a word of a phrase'),
        ("a And b", 2, '"And": write AND in capitals'),
        ("a & b", 2, '"&": write AND'),
        ("a || b", 2, '"||": write OR'),
        ("a w5 b", 2, '"w5": write W/5 for either order, PRE/5 for this order'),
        ("a w/5 b", 2, '"w/5": write W/5 for either order, PRE/5 for this order'),
        ("a adj3 b", 2, '"adj3": write PRE/3'),
        ("a near10 b", 2, '"near10": write W/10'),
        ("a NEAR/10 b", 2, '"NEAR/10": write W/10'),
        ("a NEAR/10f b", 2, '"NEAR/10f": write PRE/10'),
        ("a near b", 2, '"near": write W/5 for at most five words apart'),
        ("a w/s b", 2, '"w/s": write W/s'),
        ("a W/S b", 2, '"W/S": write W/s'),
        ("a W/para b", 2, '"W/para": write W/p'),
        ("a /p b", 2, '"/p": write W/p'),
        ("a /5 b", 2, '"/5": write W/5 for either order, PRE/5 for this order'),
        ("a W/ 5 b", 2, '"W/": write the number at once after it: W/5'),
        ("a ANDNOT b", 2, '"ANDNOT": write AND NOT'),
        ("a xor b", 2, '"xor": write (a OR b) AND NOT (a AND b)'),
        (
            "a same b",
            2,
            '"same": write W/p for "same paragraph", or quotes around a phrase '
            'with the word "same"',
        ),
        ("sanction!", 0, '"sanction!": write sanction*'),
        ("/F50/ a", 0, '"/F50/": write first/50:(…) before what is looked for'),
        ("atleast5 a", 0, '"atleast5": write ATLEAST/5 before a word or bracket'),
        ("hd=a", 0, '"hd=a": write title:a'),
        ("a -b", 2, '"-b": write AND NOT b'),
        ("+b", 0, '"+b": write AND b'),
        ("=WHO", 0, '"=WHO": write "=WHO" in quotes'),
        ("wom?n", 0, '"wom?n": a letter cannot be left open; write a* or words'),
        ("ab*", 0, '"ab*": at least 3 letters belong before *'),
        ("*tion", 0, '"*tion": a * stands only at the end of a word'),
        ("san*tion", 0, '"san*tion": a * stands only at the end of a word'),
        ('"=WHO*"', 0, '"WHO*": a * has no place in what must stand there letter by letter'),
        ("a AND !!", 6, '"!!" has no word in it'),
        ('a AND ""', 6, '"" has no word in it'),
        ("@pac", 0, 'no list "@pac"'),
        ("a W/0 b", 2, "W/0: a number of words from 1 to 255 belongs here"),
        ("a W/256 b", 2, "W/256: a number of words from 1 to 255 belongs here"),
        (f"a W/{'9' * 5000} b", 2, f"W/{'9' * 5000}: a number of words from 1 to 255 belongs here"),
        ("ATLEAST/0 a", 0, "ATLEAST/0: a number from 1 to 100 belongs here"),
        ('"a b"~300', 0, '"…"~300: a number of words from 1 to 255 belongs here'),
        ('"a"~3', 0, '"…"~3 needs 2 to 8 words'),
        ("a b AND", 7, "a word, a phrase or a bracket belongs here after AND"),
        ("AND a", 0, "a word, a phrase or a bracket belongs before AND"),
        ("a W/5", 5, "a word, a phrase or a bracket belongs here after W/5"),
        ("W/5 a", 0, "a word, a phrase or a bracket belongs before W/5"),
        ("(a", 0, "this bracket is never closed"),
        ("a)", 1, "this bracket was never opened"),
        ("()", 1, "nothing stands between these brackets"),
        ('a "b', 2, 'a " is never closed'),
        ('a "b c"', 2, "an operator is missing after a: write AND or OR"),
        ("(a) (b)", 4, "an operator is missing after (a): write AND or OR"),
        ("a NOT b", 2, "an operator is missing: write AND NOT, or OR NOT"),
        ("NOT NOT a", 4, "NOT NOT: leave both out"),
        ("heading:a", 0, 'no field "heading:"; quotes make it a word'),
        ("site:a", 0, 'no field "site:": did you mean "outlet"?'),
        ("headline:a", 0, 'no field "headline:": did you mean "title"?'),
        ("body:a", 0, 'no field "body:": did you mean "text"?'),
        ("titel:a", 0, 'no field "titel:": did you mean "title"?'),
        ("Title:a", 0, "write title: in small letters"),
        ("first:a", 0, "write first/50: for the first fifty words"),
        ("title:", 6, "a word, a phrase or a bracket belongs after title:"),
        ("title:a W/5 b", 0, "a field cannot stand beside W/5: write title:(a W/5 b)"),
        ("(a AND b) W/5 c", 0, "AND cannot stand beside W/5: write (x W/5 a) AND (x W/5 b)"),
        ("a W/5 (b OR NOT c)", 6, "NOT cannot stand beside W/5: words, phrases and (a OR b) can"),
        (
            "ATLEAST/2 (a AND b)",
            10,
            "AND cannot stand beside ATLEAST/2: words, phrases and (a OR b) can",
        ),
        ("ATLEAST/2 title:a", 10, "a word, or (a OR b), belongs after ATLEAST/2"),
        ("lang:en OR a", 0, "lang: stands at the top of a query, joined by AND: lang:… AND …"),
        (
            "(outlet:x AND a)",
            1,
            "outlet: stands at the top of a query, joined by AND: outlet:… AND …",
        ),
        ("a AND NOT lang:en", 6, "lang: cannot be excluded; write the languages you want"),
        ("lang:en AND lang:fr", 12, "lang: once is enough: lang:(… OR …)"),
        ("lang:", 5, "a name belongs after lang:"),
        ("(" * 100 + "a", 64, "nested more than 64 levels deep"),
        (" W/5 ".join("a" * 100), 0, "nested more than 64 levels deep"),
        ("a" * 201, 0, "longer than 200 characters: a pasted sentence never matches"),
        ("a " * 10_001, 0, "longer than 20,000 characters"),
    ],
)
def test_a_query_is_refused_so(text: str, start: int, message: str) -> None:
    with pytest.raises(BadQuery) as refused:
        read(text)
    assert (start, message) in [(fault.start, fault.message) for fault in refused.value.faults]


def test_a_filter_in_brackets_is_refused_once() -> None:
    with pytest.raises(BadQuery) as refused:
        read("a AND NOT (lang:en)")
    said = "lang: stands at the top of a query, joined by AND: lang:… AND …"
    assert [(fault.start, fault.message) for fault in refused.value.faults] == [(11, said)]


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(BadQuery) as refused:
        read("a and b OR sanction! W/3 x AND hd=foo")
    assert [fault.start for fault in refused.value.faults] == [2, 11, 31]
    with pytest.raises(BadQuery) as refused:
        read("ab* AND @pac AND (c OR d*) AND a AND b OR c")
    assert len(refused.value.faults) == 4


PIECES = st.sampled_from(
    [
        "a",
        "b*",
        "abc*",
        '"',
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "W/5",
        "PRE/s",
        "ATLEAST/2",
        "title:",
        "lang:",
        "@pak",
        "@",
        '"a_b"~3',
        '"=A"',
        "=",
        "w5",
        "near",
        "first/9:",
        "制",
        "̀",
        "“",
        "-",
        "!",
        "outlet:(",
        "W/0",
    ]
)


@settings(deadline=None)
@given(st.text(max_size=40) | st.lists(PIECES, max_size=12).map(" ".join))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    for fault in faults(text):
        assert 0 <= fault.start <= fault.end <= len(text)
        assert fault.message


def faults(text: str) -> tuple[Fault, ...]:
    try:
        read(text)
    except BadQuery as refused:
        return refused.faults or (Fault(-1, -1, "refused without a fault"),)
    return ()
