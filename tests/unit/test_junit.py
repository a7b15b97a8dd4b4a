"""JUnit: whatever a headline holds, the document is well-formed and says it."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from monitor.junit import JUnitCase, junit

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=30)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_text_gives_a_document(name: str, failure: str, detail: str) -> None:
    case = JUnitCase(classname="r", name=name, time_s=0.25, failure=failure, detail=detail)
    root = ET.fromstring(junit({"r.yaml": [case]}))
    [told] = root.iter("testcase")
    assert told.get("time") == "0.250000"
    assert len(list(root.iter("failure"))) == bool(failure)


def test_suites_and_the_whole_are_counted() -> None:
    good = JUnitCase(classname="a", name="x < y & z\x1b\ud800", time_s=1, line=7)
    bad = JUnitCase(classname="b", name="y", time_s=2, failure="no", detail="<![CDATA[ ]]>")
    root = ET.fromstring(junit({"one": [good, bad], "two": [good]}))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("time")) == (
        "testsuites",
        "3",
        "1",
        "4.000000",
    )
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in root] == [
        ("one", "2", "1"),
        ("two", "1", "0"),
    ]
    first = root[0][0]
    assert (first.get("name"), first.get("file"), first.get("line")) == ("x < y & z", "one", "7")
    [failure] = root.iter("failure")
    assert failure.text == "<![CDATA[ ]]>"
