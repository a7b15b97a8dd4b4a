"""Queries: what is read as what, and that a node written as a query is read as itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stubs.queries import PAK, A, B, C, exact, near, read, t, title

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
from streams.rules.query.parts import Query


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
