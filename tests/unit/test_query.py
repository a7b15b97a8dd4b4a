"""Queries: what is read as what, what is refused with which words, that nothing breaks it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules.ast import (
    And,
    AtLeast,
    Form,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Reach,
    Scope,
    Scoped,
    Unit,
    Where,
)
from streams.rules.book import meaning
from streams.rules.query.lexer import BadQuery, Fault
from streams.rules.query.parser import parse
from streams.rules.query.parts import Query
from streams.rules.terms import make_term

LISTS = {"pak": ("Pakistan", "Islamabad"), "two words": ("x",)}


def t(written: str) -> Node:
    return make_term(written, "query")


def exact(written: str) -> Node:
    return make_term(written, "query", exact=True)


def near(one: Node, two: Node, words: int = 5, *, ordered: bool = False) -> Node:
    return Near(one, two, Reach(Unit.WORDS, words, ordered))


def title(node: Node) -> Node:
    return Scoped((Scope(Where.TITLE),), node)


def expand(name: str) -> tuple[Node, str]:
    if name not in LISTS:
        return Or(()), f'no list "@{name}"'
    return Or(tuple(map(t, LISTS[name]))), ""


def read(text: str) -> Query:
    return parse(text, expand)


A, B, C, D = map(t, "abcd")
PAK = Or((t("Pakistan"), t("Islamabad")))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a", A),
        ("asset freeze", t("asset freeze")),
        ('"asset freeze"', t("asset freeze")),
        ("“asset freeze”", t("asset freeze")),
        ("sanction* regime", t("sanction* regime")),
        ('"=WHO"', exact("WHO")),
        ('"=Bank of England"', exact("Bank of England")),
        ("same sex marriage", t("same sex marriage")),
        ('"rock and roll"', t("rock and roll")),
        ("W", t("W")),
        ("@pak", PAK),
        ('"@two words"', Or((t("x"),))),
        ("a OR b OR c", Or((A, B, C))),
        ("(a)", A),
        ("((a OR b))", Or((A, B))),
        ("(a AND b) OR c", Or((And((A, B)), C))),
        ('"a b"~5', near(A, B)),
        ('"a b c"~3', near(near(A, B, 3), C, 3)),
        ("a W/5 b", near(A, B)),
        ("a PRE/5 b", near(A, B, ordered=True)),
        ("a W/s b", Near(A, B, Reach(Unit.SENTENCE))),
        ("a W/p b", Near(A, B, Reach(Unit.PARAGRAPH))),
        ("a PRE/s b", Near(A, B, Reach(Unit.SENTENCE, 0, ordered=True))),
        ("a NOT W/5 b", NotNear(A, B, Reach(Unit.WORDS, 5))),
        ("a NOT W/s b", NotNear(A, B, Reach(Unit.SENTENCE))),
        ("a W/5 b W/2 c", near(near(A, B), C, 2)),
        ("a W/5 (b W/2 c)", near(A, near(B, C, 2))),
        ("(a OR b) W/5 @pak", near(Or((A, B)), PAK)),
        ("asset freeze W/5 b", near(t("asset freeze"), B)),
        ("a OR b W/5 c", Or((A, near(B, C)))),
        ("ATLEAST/3 a", AtLeast(3, (A,))),
        ("ATLEAST/3 (a OR b)", AtLeast(3, (A, B))),
        ("ATLEAST/3 @pak", AtLeast(3, PAK.of)),
        ("title:a", title(A)),
        ("title: a", title(A)),
        ('title:"a b"', title(t("a b"))),
        ("title:asset freeze", title(t("asset freeze"))),
        ("title:(a OR b)", title(Or((A, B)))),
        ("title:(a W/5 b)", title(near(A, B))),
        ("first/50:a", Scoped((Scope(Where.FIRST, 50),), A)),
        ("tags:a", Scoped((Scope(Where.TAGS),), A)),
        ("a OR NOT b", Or((A, Not(B)))),
        ("(a AND NOT b)", And((A, Not(B)))),
        ("cease-fire", t("cease-fire")),
        ("U.S. senate", t("U.S. senate")),
        ("制裁", t("制裁")),
        ("AT&T", t("AT&T")),
        ("\n a \n", A),
    ],
)
def test_a_query_is_read_so(text: str, node: Node) -> None:
    assert read(text) == Query(wanted=(node,))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a AND b", Query(wanted=(A, B))),
        ("a AND NOT b", Query(wanted=(A,), none=(B,))),
        ("NOT b AND a", Query(wanted=(A,), none=(B,))),
        ("NOT a W/5 b AND c", Query(wanted=(C,), none=(near(A, B),))),
        ("a AND NOT title:b", Query(wanted=(A,), none=(title(B),))),
        ("a AND NOT (b OR c)", Query(wanted=(A,), none=(Or((B, C)),))),
        ("a AND (b OR c)", Query(wanted=(A, Or((B, C))))),
        ("NOT a OR b", Query(wanted=(Or((Not(A), B)),))),
        ("lang:en AND a", Query(wanted=(A,), langs=("en",))),
        ("a AND lang:(en OR fr)", Query(wanted=(A,), langs=("en", "fr"))),
        (
            'a AND outlet:("Al Jazeera" OR @pak) AND NOT outlet:AP AND NOT outlet:x',
            Query(wanted=(A,), outlets=("Al Jazeera", "@pak"), not_outlets=("AP", "x")),
        ),
    ],
)
def test_the_outermost_and_is_taken_apart(text: str, query: Query) -> None:
    assert read(text) == query


def test_a_wildcard_is_a_prefix() -> None:
    [term] = read("blacklist*").wanted
    assert [word.form for word in term.phrases[0]] == [Form.PREFIX]


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


WORDS = st.sampled_from([A, B, t("asset freeze"), t("abc*"), exact("WHO"), PAK])
REACHES = st.sampled_from(
    [Reach(Unit.WORDS, 5), Reach(Unit.WORDS, 2, ordered=True), Reach(Unit.SENTENCE)]
)


def _more(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return (
        st.builds(lambda a, b: Or((a, b)), inner, inner)
        | st.builds(Near, inner, inner, REACHES)
        | st.builds(NotNear, inner, inner, REACHES)
    )


SPOKEN = st.recursive(WORDS, _more, max_leaves=6)


def _above(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    joined = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        st.builds(And, joined)
        | st.builds(Or, joined)
        | st.builds(Not, inner.filter(lambda node: not isinstance(node, Not)))
        | st.builds(title, inner.filter(lambda node: not isinstance(node, Not)))
    )


COUNTED = st.builds(lambda of: AtLeast(2, (of,)), SPOKEN.filter(lambda n: not isinstance(n, Or)))
NODES = st.recursive(SPOKEN | COUNTED, _above, max_leaves=8)


def shown(node: Node) -> str:
    """The node as a query, with every bracket."""
    match node:
        case And(of):
            return f"({' AND '.join(map(shown, of))})"
        case Or(of):
            return f"({' OR '.join(map(shown, of))})"
        case Not(of):
            return f"NOT {shown(of)}"
        case Near(one, two, reach):
            return f"({shown(one)} {operator(reach)} {shown(two)})"
        case NotNear(one, two, reach):
            return f"({shown(one)} NOT {operator(reach)} {shown(two)})"
        case AtLeast(count, (of,)):
            return f"ATLEAST/{count} {shown(of)}"
        case Scoped(_, of):
            return f"title:({shown(of)})"
        case term:
            exactly = term.phrases[0][0].form is Form.EXACT
            return f'"{"=" if exactly else ""}{term.written}"'


def operator(reach: Reach) -> str:
    end = reach.words or {Unit.SENTENCE: "s", Unit.PARAGRAPH: "p"}[reach.unit]
    return f"{'PRE' if reach.ordered else 'W'}/{end}"


@settings(deadline=None)
@given(NODES)
def test_a_node_written_as_a_query_is_read_as_itself(node: Node) -> None:
    query = read(f"({shown(node)})")
    [read_back] = (*query.wanted, *map(Not, query.none))
    assert meaning(read_back) == meaning(node)
