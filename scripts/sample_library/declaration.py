"""Sets the Universal Declaration of Human Rights as PDFs with outline, page numbers and embedded fonts.

WeasyPrint sets all but two editions. Hindi and Thai go through Chromium, because only its PDFs say, per cluster of
glyphs, which characters they stand for (`ActualText`); without that the reordered vowels of Devanagari and the split
sara am of Thai cannot be read back in logical order.
"""

import html
import subprocess
import tempfile
from pathlib import Path

import pymupdf
import weasyprint

from sample_library.editions import Edition
from sample_library.sections import Section, marker

DATE = "D:19481210000000Z"  # of adoption; a fixed date keeps the files equal from run to run


def write_declaration(edition: Edition, sections: list[Section], target: Path) -> None:
    """Set one edition and save it to `target`, an existing folder."""
    page = _page(edition, sections)
    data = _print_with_chromium(page) if edition.engine == "chromium" else weasyprint.HTML(string=page).write_pdf()
    with pymupdf.open(stream=data, filetype="pdf") as document:
        document.set_metadata(
            {"title": edition.title, "author": "United Nations", "creationDate": DATE, "modDate": DATE}
        )
        document.del_xml_metadata()
        document.set_language(edition.lang)
        if edition.engine == "chromium":
            document.set_toc([[level, _once(title), page, to] for level, title, page, to in document.get_toc(False)])
        if edition.front_matter:
            document.set_page_labels(
                [
                    {"startpage": 0, "style": "r", "firstpagenum": 1},
                    {"startpage": 2, "style": "D", "firstpagenum": 1},
                ]
            )
        document.save(target / edition.file, garbage=4, deflate=True, use_objstms=1, no_new_id=True)


def _once(title: str) -> str:
    """Chromium writes the title of some outline entries twice in a row."""
    half = len(title) // 2
    return title[:half] if title == title[:half] * 2 else title


def _print_with_chromium(page: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={folder}/profile",
                "--no-pdf-header-footer",
                "--generate-pdf-document-outline",
                f"--print-to-pdf={target}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return target.read_bytes()


def _page(edition: Edition, sections: list[Section]) -> str:
    title = html.escape(edition.title)
    head = f"<h1>{title}</h1><p class=about>{edition.autonym}</p>"
    front = ""
    if edition.front_matter:
        entries = "".join(
            f'<li><a href="#s{index}">{html.escape(section.heading)}</a></li>' for index, section in enumerate(sections)
        )
        front = f"<div class=cover>{head}</div><nav><h2 class=contents>{edition.contents}</h2><ol>{entries}</ol></nav>"
        head = ""
    body = "".join(_section(edition, index, section) for index, section in enumerate(sections))
    return (
        f'<!doctype html><html lang="{edition.lang}" dir="{edition.direction}"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_style(edition)}</style></head>"
        f"<body>{front}<main>{head}<div class=text>{body}</div></main></body></html>"
    )


def _section(edition: Edition, index: int, section: Section) -> str:
    heading = f"<h2>{html.escape(section.heading)}</h2>" if section.heading else ""
    paragraphs = "".join(
        f"<p class=item><span>{marker(edition, paragraph.number)} </span>{html.escape(paragraph.text)}</p>"
        if paragraph.number
        else f"<p>{html.escape(paragraph.text)}</p>"
        for paragraph in section.paragraphs
    )
    return f'<section id="s{index}">{heading}{paragraphs}</section>'


def _style(edition: Edition) -> str:
    family = f'font-family: "{edition.head_font}", "Noto Sans"'
    running = f'content: "{edition.title}"; {family}; font-size: 8pt; color: #777'
    number = f"{family}; font-size: 9pt; color: #555; content: counter(page, {edition.page_counter})"
    roman = f"{family}; font-size: 9pt; color: #555; content: counter(page, lower-roman)"
    first = "" if edition.front_matter else "@page :first { @top-center { content: none } }"
    size = "9.6pt" if edition.columns == 2 else "10.8pt"
    return f"""
    @page {{ size: A4; margin: 26mm 27mm; @top-center {{ {running} }} @bottom-center {{ {number} }} }}
    {first}
    @page front {{ @top-center {{ content: none }} @bottom-center {{ {roman} }} }}
    @page text {{ }}
    body {{ margin: 0; font: {size}/1.6 "{edition.body_font}", "Noto Serif"; color: #1b1b1b }}
    h1, h2, .about, nav {{ {family} }}
    h1 {{ font-size: 25pt; line-height: 1.3; color: {edition.colour}; margin: 0 0 3mm; font-weight: 700;
          border-block-start: 2.2mm solid {edition.colour}; padding-block-start: 7mm; text-align: start }}
    .about {{ color: #666; font-size: 10pt; margin: 0 0 10mm; text-indent: 0 }}
    h2 {{ font-size: 1.16em; color: {edition.colour}; margin: 0 0 .35em; break-after: avoid; line-height: 1.4 }}
    section {{ margin: 0 0 1.5em; margin-break: discard }}
    .text {{ {"columns: 2; column-gap: 9mm" if edition.columns == 2 else ""} }}
    p {{ margin: 0 0 .55em; orphans: 2; widows: 2 }}
    .item {{ padding-inline-start: 2.2em; text-indent: -2.2em }}
    .item span {{ display: inline-block; min-width: 2.2em; text-indent: 0 }}
    .cover {{ page: front; break-after: page; padding-block-start: 75mm }}
    nav {{ page: front; break-after: page }}
    nav ol {{ list-style: none; margin: 0; padding: 0; columns: 2; column-gap: 12mm; font-size: 10pt }}
    nav a {{ color: #1b1b1b; text-decoration: none }}
    nav a::after {{ content: leader(". ") target-counter(attr(href), page); color: #777 }}
    .contents {{ font-size: 18pt; bookmark-level: none }}
    main {{ page: text }}
    {"@page :nth(1 of text) { counter-reset: page 1; @top-center { content: none } }" if edition.front_matter else ""}
    """
