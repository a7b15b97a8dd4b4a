"""Which language, which stem, which sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.language.sentences import paragraph_starts, sentence_starts
from streams.language.stem import INFLECTED_LANGUAGES, MAX_STEMMED_CHARS, stem
from streams.language.which import language
from streams.text import tokenise

GUESSED = """
en Will not impose sanctions against Pakistan on terror: US
en US imposes sanctions on Pakistan
en Erdoğan: Türkiye will not bow
en São Paulo protest swells
en Der Spiegel and Le Monde sued over leak
en Pakistan sanctions
en 2026
de Die EU verhängt Sanktionen gegen Pakistan
de Bundesregierung prüft neues Sanktionspaket
fr Les États-Unis n'imposeront pas de sanctions au Pakistan
es Estados Unidos no impondrá sanciones a Pakistán
it Gli Stati Uniti non imporranno sanzioni al Pakistan
pt Estados Unidos não vão impor sanções ao Paquistão
nl VS legt geen sancties op aan Pakistan
sv USA inför inte sanktioner mot Pakistan
da USA indfører ikke sanktioner mod Pakistan, siger ministeren
no USA innfører ikke sanksjoner mot Pakistan, sier ministeren
tr ABD, Pakistan'a yaptırım uygulamayacak
pl USA nie nałożą sankcji na Pakistan
cs USA neuvalí sankce proti Pákistánu
ro SUA nu vor impune sancțiuni Pakistanului
hu Az USA nem vezet be szankciókat Pakisztán ellen
fi Yhdysvallat ei aseta pakotteita Pakistanille
id AS tidak akan menjatuhkan sanksi terhadap Pakistan
vi Mỹ sẽ không trừng phạt Pakistan
ru США не введут санкции против Пакистана
ru Объявили санкции против Пакистана
uk США не запровадять санкції проти Пакистану
bg САЩ няма да наложат санкции на Пакистан, заяви държавният департамент
sr САД неће увести санкције Пакистану
ar الولايات المتحدة لن تفرض عقوبات على باكستان
ur امریکہ پاکستان پر پابندیاں عائد نہیں کرے گا
fa آمریکا پاکستان را تحریم نمی‌کند
hi अमेरिका पाकिस्तान पर प्रतिबंध नहीं लगाएगा
ne अमेरिकाले पाकिस्तानमाथि प्रतिबन्ध लगाउने छैन भएको छ
bn যুক্তরাষ্ট্র পাকিস্তানের ওপর নিষেধাজ্ঞা দেবে না
el Οι ΗΠΑ δεν θα επιβάλουν κυρώσεις στο Πακιστάν
he ארה"ב לא תטיל סנקציות על פקיסטן
th สหรัฐจะไม่คว่ำบาตรปากีสถาน
ja 米国はパキスタンに制裁を科さない
zh 美国不会因恐怖主义制裁巴基斯坦
zh 台灣的「阿里の山」品牌將在美國市場推出新產品並擴大生產
ko 미국, 파키스탄에 제재 안 한다
"""

DECLARED = """
en en
en EN
en en-GB
en en_US
en eng
en English
ur ur-PK
no nb-NO
no nn
he iw
zh zh-Hant-TW
zh cmn
fa pes
de Deutsch
"""

SENTENCES = [
    "Mr. Smith met Gen. Munir. |He left.",
    "The U.S. Senate voted. |It passed.",
    "He left the U.S. |The minister stayed.",
    "On Jan. 5 he said so. |At 9 a.m. Monday it rained. |By 5 p.m. |Police came.",
    "It fell 3.5 percent. |George W. Bush said so.",
    "It rose 3.5. |Pakistan fell.",
    "See example.com. |Pakistan did.",
    "No. 10 said no. |Pakistan agreed.",
    "Acme Inc. shares fell. |Acme Inc. |The shares rose.",
    "Will it? |Yes! |No…",
    "“Why?” he asked. |“Because… of that.” |She left.",
    "He said... |And then… nothing.",
    "MR. SMITH WENT. |THE END.",
    "Headline without a stop",
    "One.\n\n|Two\n|three",
    "One\r\n|two\u2028|three",
    "制裁を科す。|次は「終わり。」|また",
    "美国制裁！|为什么？|不知道",
    "पहला। |दूसरा।|डॉ. सिंह आए",
    "پہلا۔ |دوسرا؟ |تیسرا",
    "الأول. |الثاني؟ |الثالث",
    "Умер А. С. Пушкин. |Все знают.",
    "１．５倍",
    "",
]


def split(table: str) -> list[tuple[str, ...]]:
    return [tuple(line.split(" ", 1)) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("lang", "title"), split(GUESSED))
def test_a_language_is_guessed(lang: str, title: str) -> None:
    assert language("", title, "", "") == lang
    assert language("und", title) == lang


@pytest.mark.parametrize(("lang", "declared"), split(DECLARED))
def test_a_declared_language_holds(lang: str, declared: str) -> None:
    assert language(declared, "Die EU verhängt Sanktionen gegen Pakistan") == lang


def test_no_text_has_no_language() -> None:
    assert language("") == language("", "", "") == ""


def test_the_text_tells_where_the_title_does_not() -> None:
    assert language("", "Pakistan", "", "Die Regierung hat das Paket nicht beschlossen.") == "de"
    assert language("", "Le Pen", "The leader of the party said she was not surprised.") == "en"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_an_answer_is_two_letters_or_none(declared: str, texts: list[str]) -> None:
    code = language(declared, *texts)
    assert len(code) == 2 or (not code and not any(texts))
    assert code == language(declared, *texts)


@pytest.mark.parametrize("lang", sorted(INFLECTED_LANGUAGES))
@given(text=st.text(max_size=30))
def test_a_word_has_one_folded_stem(lang: str, text: str) -> None:
    for token in tokenise(text):
        surface = text[token.start : token.end]
        found = stem(surface, lang)
        assert not any(char.isspace() for char in found)
        assert found == stem(surface, lang)


@pytest.mark.parametrize("lang", sorted(INFLECTED_LANGUAGES))
def test_what_is_no_word_has_no_stem(lang: str) -> None:
    assert stem("x" * (MAX_STEMMED_CHARS + 1), lang) == ""
    assert stem("a" + "\u0301\u0316" * 50_000, lang) == ""


def test_no_stemmer_no_stem() -> None:
    assert stem("制裁", "zh") == stem("sanctions", "") == stem("סנקציות", "he") == ""


@pytest.mark.parametrize("parted", SENTENCES)
def test_sentences_begin(parted: str) -> None:
    starts, at = [0], 0
    for piece in parted.split("|")[:-1]:
        at += len(piece)
        starts.append(at)
    assert list(sentence_starts(parted.replace("|", ""))) == starts


def test_paragraphs_begin_at_lines() -> None:
    assert paragraph_starts("One. Two\n \nthree\r\nfour\n") == (0, 11, 18)


@given(
    st.text(
        st.one_of(st.sampled_from(". \n!?…”’)\"'।。۔AaUS.3\u2028"), st.characters()), max_size=60
    )
)
def test_starts_ascend_within_the_text(text: str) -> None:
    starts = sentence_starts(text)
    assert starts[0] == 0
    assert list(starts) == sorted(set(starts))
    assert all(at < len(text) for at in starts[1:])
    assert set(paragraph_starts(text)) <= set(starts)


@pytest.mark.parametrize("junk", [".", ". ", " ", "\n", ".\"'", "A. ", ".) ", "…”", "。」", "“"])
def test_a_hostile_text_is_parted(junk: str) -> None:
    assert sentence_starts(junk * 50_000 + "x")[0] == 0
