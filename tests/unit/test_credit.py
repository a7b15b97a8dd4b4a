"""monitor.feeds.reading.credit: bylines, sources, datelines, last words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.reading.credit import byline_of, credit

SAID = "The United States will not impose sanctions against Pakistan."


@pytest.mark.parametrize(
    ("byline", "source", "text", "line"),
    [
        ("News Agencies", "", f"ISLAMABAD: {SAID}", "News Agencies"),
        ("", "", SAID, ""),
        ("Jane Doe", "", SAID, "Jane Doe"),
        ("By Jane Doe", "", SAID, "Jane Doe"),
        ("BY: JANE DOE", "", SAID, "JANE DOE"),
        ("Byron Smith", "", SAID, "Byron Smith"),
        ("desk@outlet.example (Jane Doe)", "", SAID, "Jane Doe"),
        ("Jane Doe <jane@outlet.example>", "", SAID, "Jane Doe"),
        ("jane@outlet.example", "", SAID, ""),
        ("admin", "", SAID, ""),
        ("admin", "The Paper", SAID, "The Paper"),
        ("https://outlet.example/jane", "", SAID, ""),
        ("  Jane\n Doe, ", "", SAID, "Jane Doe"),
        ("Jane Doe", "The Paper", SAID, "Jane Doe"),
        ("Jane Doe", "Reuters", SAID, "Jane Doe, Reuters"),
        ("", "Reuters", f"ISLAMABAD (Reuters) - {SAID}", "Reuters"),
        ("", "", f"ISLAMABAD (Reuters) - {SAID}", "Reuters"),
        ("", "", f"ISLAMABAD (Reuters) – {SAID}", "Reuters"),
        ("", "", f"Islamabad (Reuters) — {SAID}", "Reuters"),
        ("Jane Doe", "", f"ISLAMABAD (Reuters) - {SAID}", "Jane Doe, Reuters"),
        ("Jane Doe, Reuters", "", f"ISLAMABAD (Reuters) - {SAID}", "Jane Doe, Reuters"),
        ("", "", f"NEW DELHI, Sept 7 (PTI) {SAID}", "PTI"),
        ("", "", f"New Delhi, Sept 7 (PTI): {SAID}", "PTI"),
        ("", "", f"New Delhi [India], September 7 (ANI): {SAID}", "ANI"),
        ("", "", f"WASHINGTON (AP) {SAID}", "AP"),
        ("", "", f"WASHINGTON (AP/Reuters) — {SAID}", "AP/Reuters"),
        ("", "", f"WASHINGTON (Agence France-Presse) — {SAID}", "Agence France-Presse"),
        ("", "", f"(Reuters) - {SAID}", "Reuters"),
        ("", "", f"Reuters - {SAID}", "Reuters"),
        ("", "", f"AFP, Washington: {SAID}", "AFP"),
        ("", "", f"{SAID} —AFP", "AFP"),
        ("", "", f"{SAID} – Reuters", "Reuters"),
        ("", "", f"{SAID} - AFP", "AFP"),
        ("", "", f"{SAID} (AFP)", "AFP"),
        ("", "", f"{SAID} — AFP/Reuters.", "AFP/Reuters"),
        ("", "", f"{SAID}\nAPP", "APP"),
        ("", "", f"{SAID}\nNews Agencies", "News Agencies"),
        ("", "", f"{SAID} (With inputs from PTI)", "PTI"),
        ("Jane Doe", "", f"{SAID}\nWith inputs from agencies", "Jane Doe, agencies"),
        ("", "", f"BERLIN (dpa) - {SAID}", "dpa"),
        ("", "", f"ISLAMABAD (Reuters) - {SAID}\n—AFP", "Reuters, AFP"),
        ("", "", "The editor of Reuters (AFP) said so. More.", ""),
        ("", "", "US (AP) sources say so", "AP"),
        ("", "", "Andhra Pradesh (AP) has a new port.", ""),
        ("", "", "He wears a cap and an app (ap) - no.", ""),
        ("", "", f"{SAID} as told to Reuters", ""),
        ("", "", "Talks with Bloomberg: what he said", ""),
        ("", "", "Reuters reported that talks go on.", ""),
        ("", "", "They met in Washington-AP", ""),
    ],
)
def test_credit(byline: str, source: str, text: str, line: str) -> None:
    assert credit(byline, source, text) == line
    assert credit(byline, source, "", text) == line


@given(st.text(max_size=80), st.text(max_size=30), st.text(max_size=300))
def test_nothing_raises(byline: str, source: str, text: str) -> None:
    assert "\n" not in byline_of(byline)
    credit(byline_of(byline), source, text)
