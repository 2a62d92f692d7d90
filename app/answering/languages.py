"""The language an answer is to be in, and how it says there that nothing was found."""

from collections.abc import Sequence

from ingest.language import tell_language

_OTHER = "I don't find this in your documents."
# BCP 47: the language's English name, for chat models, and what is said to the asker.
_KNOWN = {
    "ar": ("Arabic", "لا أجد هذا في مستنداتك."),
    "bg": ("Bulgarian", "Не намирам това във вашите документи."),
    "cs": ("Czech", "Ve vašich dokumentech to nenacházím."),
    "da": ("Danish", "Jeg finder ikke dette i dine dokumenter."),
    "de": ("German", "Das finde ich nicht in Ihren Dokumenten."),
    "el": ("Greek", "Δεν το βρίσκω στα έγγραφά σας."),
    "en": ("English", _OTHER),
    "es": ("Spanish", "No encuentro esto en sus documentos."),
    "fa": ("Persian", "این را در اسناد شما پیدا نمی‌کنم."),
    "fi": ("Finnish", "En löydä tätä asiakirjoistasi."),
    "fr": ("French", "Je ne trouve pas cela dans vos documents."),
    "he": ("Hebrew", "לא מצאתי זאת במסמכים שלך."),
    "hi": ("Hindi", "मुझे यह आपके दस्तावेज़ों में नहीं मिला।"),
    "hu": ("Hungarian", "Ezt nem találom a dokumentumaiban."),
    "id": ("Indonesian", "Saya tidak menemukan ini dalam dokumen Anda."),
    "it": ("Italian", "Non lo trovo nei suoi documenti."),
    "ja": ("Japanese", "お手持ちの文書の中には見つかりませんでした。"),
    "ko": ("Korean", "문서에서 해당 내용을 찾을 수 없습니다."),
    "nl": ("Dutch", "Ik vind dit niet in uw documenten."),
    "no": ("Norwegian", "Jeg finner ikke dette i dokumentene dine."),
    "pl": ("Polish", "Nie znajduję tego w Twoich dokumentach."),
    "pt": ("Portuguese", "Não encontro isso nos seus documentos."),
    "ro": ("Romanian", "Nu găsesc acest lucru în documentele dumneavoastră."),
    "ru": ("Russian", "Я не нахожу этого в ваших документах."),
    "sv": ("Swedish", "Jag hittar inte detta i dina dokument."),
    "th": ("Thai", "ไม่พบข้อมูลนี้ในเอกสารของคุณ"),
    "tr": ("Turkish", "Bunu belgelerinizde bulamıyorum."),
    "uk": ("Ukrainian", "Я не знаходжу цього у ваших документах."),
    "vi": ("Vietnamese", "Tôi không tìm thấy điều này trong tài liệu của bạn."),
    "zh": ("Chinese", "我在您的文档中找不到这一内容。"),
}


def language_of(question: str, earlier: Sequence[str] = ()) -> str:
    """The language of a question, BCP 47; empty where it does not tell.

    Args:
        question: too short to tell, it is taken to be in the language of those before it.
        earlier: questions of the same conversation, the first first.
    """
    return tell_language(question) or (tell_language("\n".join([*earlier, question])) if earlier else "")


def name_language(tag: str) -> str:
    """The language as a chat model is told it: "German"; "the language of the question" where it is not known."""
    if not tag:
        return "the language of the question"
    return f"the language of the question, {_KNOWN[tag][0] if tag in _KNOWN else tag}"


def not_found(tag: str) -> str:
    """That the documents do not hold the answer, in that language, else in English."""
    return _KNOWN.get(tag, ("", _OTHER))[1]
