"""Words of every script."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.text import fold, tokenise, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pakistan’s and Pakistan's", "pakistan and pakistan"),
        ("won’t sanction", "won t sanction"),
        ("co-operation; F-16s", "co operation f 16s"),
        ("Türkiye Erdoğan İstanbul naïve Łódź", "turkiye erdogan istanbul naive lodz"),
        ("U.S. and the U.S.-led I.M.F.", "us and the us led imf"),
        ("1,000 men, 3.5%, AT&T", "1000 men 3.5 at t"),
        ("STRASSE straße", "strasse strasse"),
        ("عُقوبات على باكستان", "عقوبات علی باکستان"),
        ("كتاب کتاب", "کتاب کتاب"),
        ("می‌خواهم میخواهم", "میخواهم میخواهم"),
        ("पाकिस्तान पर प्रतिबंध", "पाकिस्तान पर प्रतिबंध"),
        ("পাকিস্তানের ওপর নিষেধাজ্ঞা", "পাকিস্তানের ওপর নিষেধাজ্ঞা"),
        ("США не введут санкции; край", "сша не введут санкции край"),
        ("制裁を科す", "制 裁 を 科 す"),
        ("คว่ำบาตร", "ค ว่ ํา บ า ต ร"),
        ("!!! … —", ""),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected


def test_a_word_without_end_is_read_by_its_beginning() -> None:
    (token,) = tokenise("ﷺ" * 100_000)
    assert len(token.word) < 20_000
    assert token.word.startswith(fold("ﷺ" * 200))
    assert (token.start, token.end) == (0, 100_000)


@given(st.text(max_size=80))
def test_tokens_stand_where_they_say(text: str) -> None:
    tokens = tokenise(text)
    assert all(0 <= t.start < t.end <= len(text) for t in tokens)
    assert all(a.end <= b.start for a, b in itertools.pairwise(tokens))
    assert all(t.word for t in tokens)


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=12))
def test_case_does_not_count(word: str) -> None:
    assert words(word) == words(word.swapcase().swapcase())
    assert fold(word) == fold(word)


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_a_term_finds_itself_in_any_text(before: str, term: str, after: str) -> None:
    wanted = words(term)
    found = words(f"{before} | {term} | {after}")
    assert any(found[n : n + len(wanted)] == wanted for n in range(len(found) + 1))


_PIECES = st.sampled_from(
    ["U.S.", "’s", "s", "1,0", "00", "1,000", "3.5%", "co-", "op", "制裁", "ค", "ﾞ", "ʻ", "\u200d"]
)
_WHITE = st.sampled_from(["", " ", "\n", "\x1c", "\x85", "\xa0", "\u2028", "\u3000"])


@given(st.lists(st.one_of(_PIECES, _WHITE, st.text(max_size=3)), max_size=12).map("".join))
def test_words_are_those_of_the_tokens(text: str) -> None:
    assert words(text) == tuple(token.word for token in tokenise(text))
