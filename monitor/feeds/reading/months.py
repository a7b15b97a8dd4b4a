"""Months: their names in the languages outlets date in, full and short.

In: a word of a date.  Out: the month's number, 0 for any other word.  Invariant: no name stands for
two months (tests/unit/test_dates.py); where a language's weekday looks like a month (Spanish `mar.`
is Tuesday), `dates` looks at what stands beside it.
"""

import unicodedata

_NAMES = {
    "en": "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug"
    "|september sep sept|october oct|november nov|december dec",
    "de": "januar jänner jän|februar feber|märz mär mrz|april|mai|juni|juli|august"
    "|september|oktober okt|november|dezember dez",
    "fr": "janvier janv|février févr fév|mars|avril avr|mai|juin|juillet juil|août"
    "|septembre|octobre|novembre|décembre déc",
    "pt": "janeiro|fevereiro fev|março|abril abr|maio mai|junho|julho|agosto ago"
    "|setembro set|outubro out|novembro|dezembro dez",
    "es": "enero ene|febrero|marzo|abril abr|mayo|junio|julio|agosto ago"
    "|septiembre setiembre|octubre|noviembre|diciembre dic",
    "it": "gennaio gen|febbraio|marzo|aprile|maggio mag|giugno giu|luglio lug|agosto ago"
    "|settembre set sett|ottobre ott|novembre|dicembre dic",
    "ru": "января январь янв|февраля февраль фев февр|марта март мар|апреля апрель апр|мая май"
    "|июня июнь июн|июля июль июл|августа август авг|сентября сентябрь сен сент"
    "|октября октябрь окт|ноября ноябрь ноя нояб|декабря декабрь дек",
    "uk": "січня січ|лютого лют|березня бер|квітня кві|травня тра|червня чер|липня лип"
    "|серпня сер|вересня вер|жовтня жов|листопада лис|грудня гру",
    "nl": "januari|februari|maart mrt|april|mei|juni|juli|augustus|september|oktober|november"
    "|december",
    "sv": "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december",
    "id": "januari|februari|maret|april|mei|juni|juli|agustus agu|september|oktober|november"
    "|desember des",
    "pl": "stycznia styczeń sty|lutego luty lut|marca marzec|kwietnia kwiecień kwi|maja maj"
    "|czerwca czerwiec cze|lipca lipiec lip|sierpnia sierpień sie|września wrzesień wrz"
    "|października październik paź|listopada listopad lis|grudnia grudzień gru",
    "tr": "ocak oca|şubat şub|mart|nisan nis|mayıs|haziran haz|temmuz tem|ağustos ağu"
    "|eylül eyl|ekim eki|kasım kas|aralık ara",
    "ar": "يناير|فبراير|مارس|أبريل ابريل إبريل|مايو|يونيو يونيه|يوليو يوليه|أغسطس اغسطس"
    "|سبتمبر|أكتوبر اكتوبر|نوفمبر|ديسمبر",
    "hi": "जनवरी|फरवरी फ़रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर सितम्बर"
    "|अक्टूबर अक्तूबर|नवंबर नवम्बर|दिसंबर दिसम्बर",
    "ur": "جنوری|فروری|مارچ|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر",
}


def _read() -> dict[str, set[int]]:
    months: dict[str, set[int]] = {}
    for names in _NAMES.values():
        for number, written in enumerate(names.split("|"), 1):
            for name in written.split():
                for form in {folded(name), _bare(name)}:
                    months.setdefault(form, set()).add(number)
    return months


def folded(word: str) -> str:
    """The form in which a month's name is looked up."""
    return unicodedata.normalize("NFC", word.casefold())


def _bare(name: str) -> str:
    """A Latin name as outlets without accents write it; others keep their marks."""
    apart = unicodedata.normalize("NFD", name.casefold())
    ascii_only = "".join(c for c in apart if not unicodedata.combining(c)).replace("ı", "i")
    return ascii_only if ascii_only.isascii() else folded(name)


NUMBERS_OF_NAMES = _read()
"""Folded name → the numbers it stands for, one each."""

_NUMBER = {name: min(numbers) for name, numbers in NUMBERS_OF_NAMES.items()}


def month(word: str) -> int:
    """1 to 12; 0 where `word` names no month."""
    return _NUMBER.get(word.lower() if word.isascii() else folded(word), 0)
