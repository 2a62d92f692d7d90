"""HTML to Markdown: headings, lists, tables and code keep their shape, what a browser does not show is left out.

The only importer of lxml. It hands over tags one by one and closes what a page forgot to close, so that no nesting,
however deep, costs more than the page has bytes.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ingest.charset import decode
from ingest.cleaning import clean
from ingest.errors import UnreadableDocument
from ingest.types import Heading

_DECLARED = re.compile(
    rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)""", re.I
)
_DECLARED_WITHIN = 4096  # browsers look at 1024 bytes; some pages say it later
# What browsers take these names for (encoding.spec.whatwg.org, 4.2).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
          "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs"}  # fmt: skip

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = ("ul", "ol", "menu")
_CELLS = ("td", "th")
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "search", "section", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
# Not shown by a browser; and what is read above a word, or drawn, or filled in.
_UNSEEN = {
    "applet", "audio", "canvas", "datalist", "embed", "iframe", "math", "noscript", "object", "rp", "rt",
    "script", "select", "style", "svg", "template", "textarea", "video",
}  # fmt: skip
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_MAX_TABLES = 6  # inside one another; deeper ones are laid out as paragraphs
_MAX_SPAN = 100  # columns of one cell
_MAX_INDENT = 8


def to_markdown(content: bytes, name: str) -> tuple[str, tuple[Heading, ...]]:
    """A page as Markdown, and the headings in it.

    Args:
        content: the page's bytes; their encoding is what they prove or say it to be.
        name: what messages call the page.

    Raises:
        UnreadableDocument: its encoding cannot be told.
    """
    text = _decode(content)
    if text is None:
        raise UnreadableDocument(f"{name} is in an encoding we cannot tell: save it as UTF-8")
    page = _Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True, no_network=True)
    try:
        parser.feed(text.encode("utf-8", errors="replace"))
        parser.close()
    except etree.LxmlError:  # nothing in it that looks like a page
        page.close()
    return page.compose()


def _decode(content: bytes) -> str | None:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode(content)
    match = _DECLARED.search(content, 0, _DECLARED_WITHIN)
    declared = _codec((match[1] or match[2]).decode("ascii")) if match else None
    if declared is None or not declared.startswith(("iso2022", "hz")):  # these two are written in ASCII
        try:
            return content.decode("utf-8-sig")  # whatever it says: other encodings hardly ever pass for UTF-8
        except UnicodeDecodeError:
            pass
    return content.decode(declared, errors="replace") if declared else decode(content)


def _codec(label: str) -> str | None:
    """Python's name for an encoding that a page says it has; None where there is none of that name."""
    try:
        found = codecs.lookup(label).name
        if found.startswith("utf"):
            return "utf-8"  # in another one nobody could have read what it says
        b"a".decode(label)  # an encoding of text, and not of bytes
    except (LookupError, UnicodeError):
        return None
    return None if found.startswith(("unicode", "raw", "idna", "punycode")) else _MEANT.get(found, found)


@dataclass(slots=True)
class _Block:
    text: str
    level: int = 0  # of a heading
    is_item: bool = False  # of a list
    is_set: bool = False  # a table or code, whose lines mean something


_Cell = list[_Block]


class _Page:
    """Takes a page's tags and letters in their order."""

    def __init__(self) -> None:
        self._title = ""
        self._is_title = False
        self._blocks: list[_Block] = []
        self._words: list[str] = []  # of the block that is being read
        self._hidden = 0  # elements one in another that are not shown
        self._code = 0  # the same, of preformatted text
        self._level = 0  # of the open heading
        self._lists: list[int] = []  # the next number of each open list; 0: its items have none
        self._marker = ""  # of the open item, until it has words
        self._tables: list[list[list[_Cell]]] = []  # the rows of each open one
        self._deeper = 0  # tables inside those
        self._around: list[list[_Block]] = []  # what the open cells stand in

    def start(self, tag: str, attributes: Any) -> None:
        if self._hidden or tag in _UNSEEN or _is_hidden(attributes):
            self._hidden += 1
        elif tag == "title":
            self._hidden, self._is_title = 1, not self._title
        elif tag == "br":
            self._words.append("\n")
        elif tag == "img":
            self._words.append(f" {attributes.get('alt') or ''} ")
        elif tag in _HEADINGS:
            self._flush()
            self._level = _HEADINGS[tag]
        elif tag in _BLOCKS:
            self._flush()
            self._start_block(tag, attributes)

    def end(self, tag: str) -> None:
        if self._hidden:
            self._hidden -= 1
            self._is_title = False
        elif tag in _HEADINGS:
            self._flush()
            self._level = 0
        elif tag in _BLOCKS:
            self._flush()
            self._end_block(tag)

    def data(self, text: str) -> None:
        if self._is_title:
            self._title += text
        elif not self._hidden:
            self._words.append(text if self._code else _SPACE.sub(" ", text))

    def close(self) -> None:
        self._flush()

    def compose(self) -> tuple[str, tuple[Heading, ...]]:
        title = " ".join(clean(self._title).split())
        blocks = self._blocks
        if title and all(block.level != 1 for block in blocks):
            blocks = [_Block(title, level=1), *blocks]
        pieces: list[str] = []
        headings: list[Heading] = []
        start = 0
        for index, block in enumerate(blocks):
            if block.level:
                headings.append(Heading(start=start, level=block.level, title=block.text))
            is_run = block.is_item and index + 1 < len(blocks) and blocks[index + 1].is_item
            mark = "#" * block.level + " " if block.level else ""
            pieces.append(mark + block.text + ("\n" if is_run else "\n\n"))
            start += len(pieces[-1])
        return "".join(pieces).rstrip("\n"), tuple(headings)

    def _start_block(self, tag: str, attributes: Any) -> None:
        if tag == "pre":
            self._code += 1
        elif tag in _LISTS:
            self._lists.append(1 if tag == "ol" else 0)
        elif tag == "li":
            self._marker = self._next_marker()
        elif tag == "table" and len(self._tables) == _MAX_TABLES:
            self._deeper += 1
        elif tag == "table":
            self._tables.append([])
        elif tag in _CELLS and self._tables and not self._deeper:
            self._start_cell(attributes)
        elif tag == "tr" and self._tables and not self._deeper:
            self._tables[-1].append([])

    def _end_block(self, tag: str) -> None:
        if tag == "pre":
            self._code -= 1
        elif tag in _LISTS:
            self._lists.pop()
        elif tag == "li":
            self._marker = ""
        elif tag == "table" and self._deeper:
            self._deeper -= 1
        elif tag == "table":
            self._blocks += _set_table(self._tables.pop())
        elif tag in _CELLS and self._tables and not self._deeper:
            self._tables[-1][-1].append(self._blocks)
            self._blocks = self._around.pop()

    def _next_marker(self) -> str:
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] += 1
        return "  " * min(len(self._lists) - 1, _MAX_INDENT) + (f"{number}. " if number else "- ")

    def _start_cell(self, attributes: Any) -> None:
        rows = self._tables[-1]
        if not rows:
            rows.append([])
        span = attributes.get("colspan") or ""
        if re.fullmatch("[0-9]{1,5}", span):
            rows[-1] += [[] for _ in range(min(int(span), _MAX_SPAN) - 1)]
        self._around.append(self._blocks)
        self._blocks = []

    def _flush(self) -> None:
        """Make a block of the words that were read, if there are any."""
        if not self._words:
            return
        text = clean("".join(self._words))
        self._words.clear()
        if self._code:
            text = text.strip("\n")
        else:
            text = "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))
        if not text.strip():
            return
        if self._code:
            fence = "`" * max([3, *(1 + len(run) for run in re.findall("`+", text))])
            self._blocks.append(_Block(f"{fence}\n{text}\n{fence}", is_set=True))
        elif self._level:
            self._blocks.append(_Block(text.replace("\n", " "), level=self._level))
        else:
            self._blocks.append(_Block(self._marker + text, is_item=bool(self._marker)))
            self._marker = ""


def _is_hidden(attributes: Any) -> bool:
    return "hidden" in attributes or _HIDING.search(attributes.get("style") or "") is not None


def _set_table(rows: list[list[_Cell]]) -> list[_Block]:
    """A table of facts as one block; of one that only lays out a page, what it holds, cell by cell."""
    rows = [row for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    cells = [cell for row in rows for cell in row]
    if width < 2 or any(block.level or block.is_set for cell in cells for block in cell):
        return [block for cell in cells for block in cell]
    lines = [_set_row(row, width) for row in rows]
    return [_Block("\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]), is_set=True)]


def _set_row(row: list[_Cell], width: int) -> str:
    words = [" ".join(block.text.replace("\n", " ").replace("|", "\\|") for block in cell) for cell in row]
    return "| " + " | ".join(words + [""] * (width - len(row))) + " |"
