"""Names of languages and scripts: BCP 47, Tesseract's own, and Debian's packages."""

from collections.abc import Sequence

# Tesseract's codes by the primary subtag; https://tesseract-ocr.github.io/tessdoc/Data-Files-in-different-versions.html
_PAIRS = """
af:afr am:amh ar:ara as:asm az:aze be:bel bg:bul bn:ben bo:bod br:bre bs:bos ca:cat co:cos cs:ces cy:cym
da:dan de:deu dv:div dz:dzo el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas fi:fin fil:fil fo:fao fr:fra fy:fry
ga:gle gd:gla gl:glg gu:guj he:heb hi:hin hr:hrv ht:hat hu:hun hy:hye id:ind is:isl it:ita iu:iku ja:jpn jv:jav
ka:kat kk:kaz km:khm kn:kan ko:kor ku:kmr ky:kir la:lat lb:ltz lo:lao lt:lit lv:lav mi:mri mk:mkd ml:mal mn:mon
mr:mar ms:msa mt:mlt my:mya nb:nor ne:nep nl:nld nn:nor no:nor oc:oci or:ori pa:pan pl:pol ps:pus pt:por qu:que
ro:ron ru:rus sa:san sd:snd si:sin sk:slk sl:slv sq:sqi sr:srp su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha
ti:tir tl:fil to:ton tr:tur tt:tat ug:uig uk:ukr ur:urd uz:uzb vi:vie yi:yid yo:yor
"""
_CODES = dict(pair.split(":") for pair in _PAIRS.split())
_LANGUAGES = {code: language for language, code in _CODES.items() if language not in ("nb", "nn", "tl")}

# Languages to begin with, by the scripts that Tesseract tells; the first that is installed is taken.
_BY_SCRIPT = {
    "Latin": "en de fr es it pt nl pl tr vi sv cs ro hu fi da nb id sw",
    "Fraktur": "de",
    "Cyrillic": "ru uk bg sr mk be kk mn ky tg tt",
    "Greek": "el",
    "Arabic": "ar fa ur ps ug sd",
    "Hebrew": "he yi",
    "Devanagari": "hi mr ne sa",
    "Bengali": "bn as",
    "Thai": "th",
    "Lao": "lo",
    "Khmer": "km",
    "Myanmar": "my",
    "Tibetan": "bo dz",
    "Han": "zh ja",
    "Japanese": "ja",
    "Korean": "ko",
    "Hangul": "ko",
    "Armenian": "hy",
    "Georgian": "ka",
    "Ethiopic": "am ti",
    "Gujarati": "gu",
    "Gurmukhi": "pa",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Oriya": "or",
    "Sinhala": "si",
    "Syriac": "",
    "Tamil": "ta",
    "Telugu": "te",
}

# What RapidOCR's own model reads. Its letters are Latin, Han and kana; Vietnamese has accents that it mostly loses.
_RAPID = """
af az br bs ca co cs cy da de en eo es et eu fi fil fo fr fy ga gd gl hr ht hu id is it ja jv la lb lt lv mi ms mt nb
nl nn no oc pl pt qu ro sk sl sq su sv sw tl to tr uz yo zh
"""
RAPID_LANGUAGES = frozenset(_RAPID.split())


def primary(tag: str) -> str:
    """A language tag without script and region."""
    return tag.partition("-")[0].lower()


def tesseract_codes(tag: str) -> tuple[str, ...]:
    """Tesseract's names of a language (BCP 47), the better first: Chinese has two."""
    parts = tag.lower().split("-")
    if parts[0] == "zh":
        is_traditional = bool({"hant", "tw", "hk", "mo"} & set(parts[1:]))
        return ("chi_tra", "chi_sim") if is_traditional else ("chi_sim", "chi_tra")
    return (_CODES.get(parts[0], parts[0]),)


def to_bcp47(code: str) -> str:
    """A language by its Tesseract code; the code itself where it has no other name."""
    if code.startswith("chi_"):
        return "zh-Hant" if code.startswith("chi_tra") else "zh"
    return _LANGUAGES.get(code, code)


def languages_of(script: str) -> tuple[str, ...]:
    """Languages written in a script as Tesseract calls it, the likeliest first."""
    return tuple(_BY_SCRIPT.get(script, "").split())


def package(tag: str) -> str:
    """Debian's package of a language for Tesseract."""
    return f"tesseract-ocr-{tesseract_codes(tag)[0].replace('_', '-')}"


def packages(tags: Sequence[str]) -> str:
    """The packages of some languages, as one would write them after `apt install`."""
    return " ".join(dict.fromkeys(package(tag) for tag in tags))
