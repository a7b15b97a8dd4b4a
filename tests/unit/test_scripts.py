"""Scripts and languages: a term of a rule against a headline, end to end."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.item import Item
from streams.rules.book import Rule
from streams.rules.matching.oracle import judge
from streams.rules.terms import make_term
from streams.text import MAX_MARKS, compounds, fold, tokenise, visible, words

SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"
TROUBLE = (
    "aBéıİß.,'’ʼŉ1٣१_-‐–−\u00ad\u200b\u200c\u200d\u200f\ufe0f\u0301ـ制ーﾊﾟคำक्বর한❤\ufeff٬" + SPACES
)
NASTY = st.text(st.one_of(st.sampled_from(TROUBLE), st.characters()), max_size=40)

HITS = {
    "en": """sanction | US sanctions Pakistan
sanction | Sanctioned banks object
sanctions | A sanction too far
terror | Terrorism court sits
cease-fire | Ceasefire holds
cease-fire | Cease‑fire holds
cease-fire | Cease fire holds
ceasefire | Cease–fire holds
sanctions | Sanc\u00adtions hit
Pakistan | Pakistan’s and Pakistan`s and Pakistanʼs case
Pakistan | _Pakistan_ leads
U.S. sanctions | US sanctions stay
US | _U.S._ troops leave
1000 | 1,000 men
1,000 | 1000 men
100000 | Rs 1,00,000 paid
1,00,000 | 100000 paid
1000 | ١٬٠٠٠ or १००० or １，０００
3.5 | ٣٫٥ percent
Pakistan | ＰＡＫＩＳＴＡＮ
Turkiye | Türkiye votes
Lodz | Łódź mourns
Pakistan sanctions | Pakistan ❤️ sanctions 🇵🇰
3 | 3️⃣ killed
San* | Sańkcje
naïve | Naive plan""",
    "de": """Sanktion | EU verhängt Sanktionen
Sanktion* | Neues Sanktionspaket
Straße | STRASSE gesperrt
München | Muenchen feiert
Haus | Häuser brennen
Russland-Sanktionen | Die Russlandsanktionen""",
    "fr": """sanction | L’ONU vote des sanctions
élection | Elections reportées""",
    "tr": """yaptırım | YAPTIRIM KARARI
İstanbul | istanbul ve ISTANBUL
ilaç | İLAÇ krizi
Irak | IRAK'ta seçim
Pakistan | Pakistan’a yaptırım""",
    "ru": """санкции | США ввели санкциями
Королёв | Королев умер
край | Край света""",
    "uk": """санкції | Проти санкцій
Пакистан | Пакистану відмовили
обʼєкт | об’єкт і об'єкт""",
    "bg": "санкции | Отменя санкциите",
    "el": """κυρώσεις | ΚΥΡΩΣΕΩΝ ΣΤΟ ΠΑΚΙΣΤΑΝ
Ελλάδα | ΕΛΛΑΔΑ""",
    "ar": """عقوبات | فرض العقوبات
عقوبات | والعقوبات الجديدة
العقوبات | عقوبات على باكستان
عقوبات | عُقوباتٌ على
عقوبات | بعقوبات وبالعقوبات
عقوبة | للعقوبات
باكستان | لباكستان
باکستان | باكستان
الوزير | وزير
محادثات | المحادثات
كتاب | كـتـاب
2026 | عام ٢٠٢٦""",
    "ur": """پابندی | پاکستان پر پابندیاں
پابندیوں | پابندی ہٹا دی
حملہ | حملے میں
امریکہ | امریکا کا اعلان
اقدامات | اقدام
کتاب | كتاب
پابندي | پابندی""",
    "fa": """تحریم | تحریم‌های تازه
تحریمها | تحریم‌ها
می‌خواهم | میخواهم
تحریم | تحريم""",
    "hi": """प्रतिबंध | पाकिस्तान पर प्रतिबन्धों का असर
क़ानून | नया कानून
पाँच | पांच मरे
चुनाव | चुनावों में
2026 | २०२६ में""",
    "bn": """পাকিস্তান | পাকিস্তানের ওপর নিষেধাজ্ঞা
নিষেধাজ্ঞা | নিষেধাজ্ঞার হুমকি
সরকার | সরকারের সিদ্ধান্ত
র‍্যাব | র‍্যাবের অভিযান""",
    "zh": """制裁 | 美国不会制裁巴基斯坦
2026 | ２０２６年制裁
U.S. | 駐韓U.S.軍""",
    "ja": """制裁 | 米国はパキスタンに制裁を科さない
パキスタン | ﾊﾟｷｽﾀﾝに制裁
サーバー | ｻｰﾊﾞｰ障害
サーバ | サーバー障害""",
    "th": """คว่ำบาตร | สหรัฐจะไม่คว่ำบาตรปากีสถาน
ส.ส. | ของส.ส.พรรค
2569 | ปี๒๕๖๙นี้""",
    "ko": """제재 | 파키스탄에 제재를 가한다
파키스탄 | 파키스탄은 반발""",
}

MISSES = {
    "en": """Pakistan | Pakistani minister
terror | Terrorist held
policy | Police arrive
strike | Workers struck
sanctions | San ctions
1000 | 10,00 men
1,000 | 1 000 men
ceasefire | Cease—fire
who | whom
us | use""",
    "de": """Sanktion | Neues Sanktionspaket
Sanktionspaket | Sanktion""",
    "fr": "sanction | sanctuaire",
    "tr": "yaptırım | yaptı",
    "ru": """край | кран
мир | умирать""",
    "ar": """عقوبات | عقبات
باكستان | بستان
كتاب | كاتب""",
    "ur": """پابندی | پانی
حملہ | محلہ""",
    "fa": "تحریم | حریم",
    "hi": """कल | काल
प्रतिबंध | प्रबंध""",
    "bn": "পাকিস্তান | পাক",
    "zh": """制裁 | 裁制
制裁 | 制定""",
    "ja": """ハハ | パパ
制裁 | 制限""",
    "th": "คว่ำบาตร | คว่ำ",
    "ko": """전문 | 전문가
국 | 국가""",
}


def rows(table: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        (lang, *line.split(" | ")) for lang, lines in table.items() for line in lines.splitlines()
    ]


def says(lang: str, term: str, title: str) -> bool | None:
    rule = Rule(id="r", wanted=make_term(term, "all[0]"))
    return judge(rule, Item(id="1", title=title, lang=lang))


@pytest.mark.parametrize(("lang", "term", "title"), rows(HITS))
def test_a_term_finds(lang: str, term: str, title: str) -> None:
    assert says(lang, term, title) is True


@pytest.mark.parametrize(("lang", "term", "title"), rows(MISSES))
def test_a_term_passes_over(lang: str, term: str, title: str) -> None:
    assert says(lang, term, title) is False


@given(NASTY)
def test_a_text_reads_as_its_pieces_do(text: str) -> None:
    """What white space parts never reads on into the next piece."""
    whole, at = [], 0
    for piece in text.split():
        at = text.index(piece, at)
        whole += [(t.word, t.start + at, t.end + at) for t in tokenise(piece)]
        at += len(piece)
    tokens = tokenise(text)
    assert [(t.word, t.start, t.end) for t in tokens] == whole
    pieces = [joined for piece in text.split() for joined in compounds(piece, tokenise(piece))]
    assert [c[2:] for c in compounds(text, tokens)] == [c[2:] for c in pieces]


@given(NASTY)
def test_tokens_stand_apart_and_show_something(text: str) -> None:
    tokens = tokenise(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(tokens))
    for token in tokens:
        surface = text[token.start : token.end]
        assert token.word
        assert not any(char.isspace() for char in token.word)
        assert surface[0].isalnum() or surface[0] in "ーｰ" or visible(surface)


@given(NASTY)
def test_folding_twice_is_folding_once(text: str) -> None:
    for word in words(text):
        assert fold(word) == word.replace(".", "")


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "ä" * 100_000,
        "a" + "\u0301\u0316" * 50_000,
        "\u0301" * 100_000,
        "a." * 50_000,
        "1,000," * 17_000,
        "1" * 100_000,
        "a-" * 50_000,
        "\u200d" * 100_000,
        "a\u200d" * 50_000,
        "'s" * 50_000,
        "制" * 100_000,
        "ﷺ" * 30_000,
    ],
)
def test_a_hostile_text_is_read(text: str) -> None:
    tokens = tokenise(text)
    list(compounds(text, tokens))
    assert all(token.word for token in tokens)


def test_marks_without_end_are_cut() -> None:
    piled = "क" + "\u0301" * 10_000
    assert len(fold(piled)) <= MAX_MARKS + 1
