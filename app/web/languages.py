"""What languages call themselves, for people who choose one."""

# CLDR's own names, https://github.com/unicode-org/cldr-json; a code without one here is shown as it is.
_OWN_NAMES = {
    "af": "Afrikaans", "am": "አማርኛ", "ar": "العربية", "az": "azərbaycan", "be": "беларуская", "bg": "български",
    "bn": "বাংলা", "bs": "bosanski", "ca": "català", "cs": "čeština", "cy": "Cymraeg", "da": "dansk", "de": "Deutsch",
    "el": "Ελληνικά", "en": "English", "eo": "Esperanto", "es": "español", "et": "eesti", "eu": "euskara",
    "fa": "فارسی", "fi": "suomi", "fr": "français", "ga": "Gaeilge", "gl": "galego", "gu": "ગુજરાતી", "he": "עברית",
    "hi": "हिन्दी", "hr": "hrvatski", "hu": "magyar", "hy": "հայերեն", "id": "Indonesia", "is": "íslenska",
    "it": "italiano", "ja": "日本語", "ka": "ქართული", "kk": "қазақ тілі", "km": "ខ្មែរ", "kn": "ಕನ್ನಡ", "ko": "한국어",
    "la": "Latina", "lo": "ລາວ", "lt": "lietuvių", "lv": "latviešu", "mk": "македонски", "ml": "മലയാളം",
    "mn": "монгол", "mr": "मराठी", "ms": "Melayu", "my": "မြန်မာ", "nb": "norsk bokmål", "ne": "नेपाली",
    "nl": "Nederlands", "nn": "norsk nynorsk", "no": "norsk", "pa": "ਪੰਜਾਬੀ", "pl": "polski", "ps": "پښتو",
    "pt": "português", "ro": "română", "ru": "русский", "si": "සිංහල", "sk": "slovenčina", "sl": "slovenščina",
    "sq": "shqip", "sr": "српски", "sv": "svenska", "sw": "Kiswahili", "ta": "தமிழ்", "te": "తెలుగు", "th": "ไทย",
    "tl": "Filipino", "tr": "Türkçe", "uk": "українська", "ur": "اردو", "uz": "o‘zbek", "vi": "Tiếng Việt",
    "yi": "ייִדיש", "zh": "中文", "zh-Hans": "简体中文", "zh-Hant": "繁體中文", "zu": "isiZulu",
}  # fmt: skip


def language_name(code: str) -> str:
    """What a language calls itself; the code where that is not known.

    Args:
        code: BCP 47.
    """
    return _OWN_NAMES.get(code, code)
