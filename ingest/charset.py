"""Bytes to text: UTF-8, UTF-16 with a byte order mark, or a legacy encoding told with confidence.

The only importer of charset-normalizer.
"""

import codecs
import re

from charset_normalizer import from_bytes

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # controls no text file has; escape and form feed do occur
_PROBE_BYTES = 64 << 10  # what a guess looks at
_MAX_CHAOS = 0.1  # charset-normalizer's own measure of mess, 0 best; its default cut-off is 0.2


def decode(content: bytes, *, is_head: bool = False) -> str | None:
    """Text of `content`, or None where it is no text.

    Args:
        content: a file's bytes.
        is_head: `content` is the beginning of something longer, so its last character may be cut.
    """
    if content.startswith(_UTF16_MARKS):
        return _decode_as("utf-16", content, is_head=is_head)
    if b"\x00" in content:
        return None
    text = _decode_as("utf-8-sig", content, is_head=is_head)
    if text is not None:
        return text if _is_clean(content) else None
    encoding = _guess(content[:_PROBE_BYTES]) if _is_clean(content) else None
    return content.decode(encoding, errors="replace") if encoding else None


def _decode_as(encoding: str, content: bytes, *, is_head: bool) -> str | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(content, final=not is_head)
    except UnicodeDecodeError:
        return None


def _is_clean(content: bytes) -> bool:
    """Whether control characters are rare enough for text: one in a thousand bytes."""
    return len(_BINARY.findall(content)) * 1000 <= len(content)


def _guess(head: bytes) -> str | None:
    match = from_bytes(head).best()
    if match is None or match.chaos > _MAX_CHAOS or not match.alphabets:
        return None
    return match.encoding
