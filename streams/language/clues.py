"""Clues: what tells languages apart: names and codes, letters, small words; data only.

Sources: ISO 639 for the codes; Unicode's blocks for the scripts; the small words are the commonest
ones of a language without those that another language here writes alike and uses as often.
"""

import re


def _small_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES = """
ar ara arb arabic|be bel belarusian|bg bul bulgarian|bn ben bengali bangla|ca cat catalan
cs ces cze czech|da dan danish|de deu ger german deutsch|el ell gre greek|en eng english
es spa spanish español castellano|et est estonian|eu eus baq basque|fa fas per pes persian farsi
fi fin finnish|fr fra fre french français|ga gle irish|gu guj gujarati|he iw heb hebrew
hi hin hindi|hr hrv croatian|hu hun hungarian|hy hye arm armenian|id in ind indonesian
it ita italian italiano|ja jp jpn japanese|ka kat geo georgian|kk kaz kazakh|km khm khmer
ko kor korean|lo lao|lt lit lithuanian|lv lav latvian|mk mkd mac macedonian|ml mal malayalam
mr mar marathi|ms msa may malay|my mya bur burmese|ne nep nepali|nl nld dut dutch nederlands
no nb nn nor nob nno norwegian|pa pan punjabi|pl pol polish|ps pus pbt pashto
pt por portuguese português|ro ron rum mo romanian|ru rus russian|sk slk slo slovak|sl slv slovenian
sq sqi alb albanian|sr srp serbian|sv swe swedish|ta tam tamil|te tel telugu|th tha thai
tr tur turkish türkçe|uk ukr ukrainian|ur urd urdu|vi vie vietnamese|zh zho chi cmn chinese
"""

CODES = {
    name: line.split()[0] for line in re.split(r"[|\n]", _NAMES.strip()) for name in line.split()
}
"""Codes of two and three letters and names, to the code used here; Norwegian is one language."""

SCRIPTS = {
    "latin": re.compile("[A-Za-z\u00aa-\u024f\u1e00-\u1eff]"),
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "arabic": re.compile("[\u0621-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]"),
    "devanagari": re.compile("[\u0900-\u0963\u0970-\u097f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "pa": re.compile("[\u0a00-\u0a7f]"),
    "gu": re.compile("[\u0a80-\u0aff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "te": re.compile("[\u0c00-\u0c7f]"),
    "ml": re.compile("[\u0d00-\u0d7f]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "lo": re.compile("[\u0e80-\u0eff]"),
    "my": re.compile("[\u1000-\u109f]"),
    "km": re.compile("[\u1780-\u17ff]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "he": re.compile("[\u0591-\u05f4\ufb1d-\ufb4f]"),
    "hy": re.compile("[\u0531-\u058f]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "ko": re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]"),
    "ja": re.compile("[\u3041-\u30ff\uff66-\uff9f]"),
    "zh": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
}
"""Letters by script; named by the language where only one that news is written in has it."""

ENGLISH_WORDS = _small_words(
    "the and of with from after says said its that was were are have been would could his their "
    "this which who when than not but against amid about into over for"
)
"""In small letters: titles of foreign papers and films have capitals."""


LATIN_WORDS = {
    "en": ENGLISH_WORDS | _small_words("a an in to on by at as is it he she they has will or be"),
    "de": _small_words(
        "der die das und ist nicht mit von den dem des ein eine einen einem einer für auf im zu "
        "zum zur sich auch nach bei über wird werden sind haben hat gegen wie aus vor noch nur "
        "dass er sie es als am um"
    ),
    "fr": _small_words(
        "le la les des du et est une un dans pour sur par qui que pas au aux avec ce cette ses "
        "son sont a été ont plus contre entre après selon il elle ne se leur d l à en de"
    ),
    "es": _small_words(
        "el la los las de del y en que un una por para con no se su sus al lo es como más contra "
        "entre tras sobre fue ha han desde hasta pero según también este esta"
    ),
    "it": _small_words(
        "il lo la i gli le di del della dei delle degli dello nel nella e è un una che per con "
        "non si da dal dalla al alla ai sono anche più contro tra dopo ha hanno su sul come"
    ),
    "pt": _small_words(
        "o os a as de do da dos das e é em no na nos nas um uma que por para com não se ao à pelo "
        "pela mais contra entre após sobre foi são como também seu sua diz"
    ),
    "nl": _small_words(
        "de het een en van in is op te dat die niet met voor zijn er aan door om bij ook als naar "
        "uit over tegen tot nog wordt worden heeft hebben na geen meer maar deze dit"
    ),
    "sv": _small_words(
        "och att det i en ett som på är av för med den till inte har de om från vid var kan efter "
        "mot när också mellan eller enligt under sig ska"
    ),
    "da": _small_words(
        "og at det i en et som på er af for med den til ikke har de om fra ved var kan efter mod "
        "når også mellem eller ifølge under sig skal blev bliver nye siger"
    ),
    "no": _small_words(
        "og at det i en et som på er av for med den til ikke har de om fra ved var kan etter mot "
        "når også mellom eller ifølge under seg skal ble blir nye sier"
    ),
    "tr": _small_words(
        "ve bir bu için ile de da olarak daha çok sonra kadar karşı yeni oldu etti dedi ne gibi "
        "ise ancak olan değil göre var yok mi mı her en son"
    ),
    "pl": _small_words(
        "i w z na się nie do że jest o jak po dla od za przez to oraz są ale przeciwko po przed "
        "pod był była było będzie tym tego który która które ze"
    ),
    "cs": _small_words(
        "a v na se že je s z do o k pro za by jak po od při proti byl byla bylo jsou však také "
        "podle který která které nebo už jeho ve ze"
    ),
    "ro": _small_words(
        "și şi în de la a cu nu pe că din care este pentru un o mai sunt fi au ale al lui după "
        "dar prin fost între împotriva sau"
    ),
    "hu": _small_words(
        "a az és hogy nem is egy van volt meg el csak már még de ha mint szerint után lesz ellen "
        "ki között miatt ezt azt vagy"
    ),
    "fi": _small_words(
        "ja on ei että se oli hän ovat mutta kun myös ole tai joka mukaan sekä vastaan jälkeen "
        "kuin niin ollut eivät vain jo"
    ),
    "id": _small_words(
        "yang di dan dari untuk dengan ini pada dalam tidak akan itu ke oleh sebagai juga karena "
        "telah para bisa saat lebih ada terhadap"
    ),
    "vi": _small_words(
        "và của là không có các được cho với trong những một đã này khi để người từ về đến tại sẽ"
    ),
    "ca": _small_words(
        "el la els les de del i en que un una per amb no es al als ha més contra entre després "
        "sobre va són seva aquest aquesta dels"
    ),
    "hr": _small_words(
        "i u je na se da za su s od o ne će što kako koji koja koje iz nije do protiv nakon bi "
        "ali kao po zbog"
    ),
}
"""By language, English first: words that hold its sentences together."""

MARATHI_WORDS = _small_words("आहे आहेत आणि नाही यांनी मध्ये केली केले असून झाली झाले होते या")
NEPALI_WORDS = _small_words("छ छन् भएको गरेको हुने गर्ने गरे भने थियो लागि मा नै रहेको गरिएको")

LATIN_LETTERS = {
    "de": frozenset("ßäöü"),
    "es": frozenset("ñ"),
    "pt": frozenset("ãõ"),
    "sv": frozenset("åäö"),
    "da": frozenset("æøå"),
    "no": frozenset("æøå"),
    "fi": frozenset("äö"),
    "tr": frozenset("ığş"),
    "pl": frozenset("łąęśżźń"),
    "cs": frozenset("řěů"),
    "ro": frozenset("țșăţ"),
    "hu": frozenset("őű"),
    "vi": frozenset("ơưạảấầẩậắằặẹẻếềểễệịọỏốồổộớờởợụủứừửữựỳỷỹ"),
}
"""Letters that few of these languages have, in words that are no names."""


def foreign_words() -> frozenset[str]:
    """Words of the other languages that no English sentence has."""
    english = LATIN_WORDS["en"] | _small_words(
        "die den dem do no me an or on per pro de la le el al par van der los las as so not was do "
        "di da des du its on i e o a u y m s d l k z t var vs man min men era sin son sole fin var "
        "om os et est pas plus ha ale mint is meg fi hog in ma po sub via her en under not use der "
        "for of to and over kan mot with from ki ka he she we you te at al ai mi ni pod pour sur "
        "ones come dove care un una que sig pod us car sale con ne lo pe nu au ses ce se bi ne ad"
    )
    foreign = frozenset(word for own in LATIN_WORDS.values() for word in own)
    return foreign - english
