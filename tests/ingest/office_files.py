"""Office files, as small as LibreOffice takes them."""

import zipfile
from pathlib import Path

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{}</Types>'
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_RELATION = '<Relationship Id="{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" {}/>'
_PART = '<Override PartName="/{}" ContentType="application/vnd.openxmlformats-officedocument.{}+xml"/>'
_MAIN = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns'
_DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_SPACES = "".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" '
    for prefix, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("script", "script"),
        ("svg", "svg-compatible"),
        ("presentation", "presentation"),
    )
)


def _office(path: Path, main: str, kind: str, parts: dict[str, tuple[str, str]], links: dict[str, str]) -> Path:
    """An Office Open XML file: parts are (content type, XML) by name; links are relations of parts, by part."""
    with zipfile.ZipFile(path, "w") as file:
        listed = "".join(_PART.format(name, kind) for name, (kind, _) in parts.items())
        file.writestr("[Content_Types].xml", '<?xml version="1.0"?>' + _TYPES.format(listed))
        target = _RELATION.format("r0", kind, f'Target="{main}"')
        file.writestr("_rels/.rels", '<?xml version="1.0"?>' + _RELATIONS.format(target))
        for name, (_, xml) in parts.items():
            file.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + xml)
        for name, relations in links.items():
            folder, _, file_name = name.rpartition("/")
            file.writestr(f"{folder}/_rels/{file_name}.rels", '<?xml version="1.0"?>' + _RELATIONS.format(relations))
    return path


def docx(path: Path, words: str = "Minutes of the meeting") -> Path:
    """A letter of one line."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"
    part = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    parts = {"word/document.xml": ("wordprocessingml.document.main", part)}
    return _office(path, "word/document.xml", "officeDocument", parts, {})


def xlsx(path: Path, words: str = "Harbour dues") -> Path:
    """A sheet of one cell."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return _office(
        path,
        "xl/workbook.xml",
        "officeDocument",
        {
            "xl/workbook.xml": (
                "spreadsheetml.sheet.main",
                f'<workbook {_MAIN}="{space}"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
            ),
            "xl/worksheets/sheet1.xml": (
                "spreadsheetml.worksheet",
                f'<worksheet xmlns="{space}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{words}</t></is></c>'
                "</row></sheetData></worksheet>",
            ),
        },
        {"xl/workbook.xml": _RELATION.format("r1", "worksheet", 'Target="worksheets/sheet1.xml"')},
    )


def pptx(path: Path, *slides: str) -> Path:
    """A slide for each text, without a master."""
    space = "http://schemas.openxmlformats.org/presentationml/2006/main"
    slides = slides or ("First slide", "Second slide")
    parts = {
        "ppt/presentation.xml": (
            "presentationml.presentation.main",
            f'<p:presentation {_MAIN}:p="{space}"><p:sldIdLst>'
            + "".join(f'<p:sldId id="{255 + n}" r:id="r{n}"/>' for n in range(1, len(slides) + 1))
            + '</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>',
        )
    }
    for number, words in enumerate(slides, start=1):
        parts[f"ppt/slides/slide{number}.xml"] = (
            "presentationml.slide",
            f'<p:sld {_MAIN}:p="{space}" {_DRAWING}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/>'
            "<p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/><p:sp><p:nvSpPr><p:cNvPr id='2' name='t'/><p:cNvSpPr/>"
            '<p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="900000" y="900000"/><a:ext cx="6000000" cy="1000000"/>'
            '</a:xfrm><a:prstGeom prst="rect"/></p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:t>'
            f"{words}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>",
        )
    links = "".join(
        _RELATION.format(f"r{n}", "slide", f'Target="slides/slide{n}.xml"') for n in range(1, len(slides) + 1)
    )
    return _office(path, "ppt/presentation.xml", "officeDocument", parts, {"ppt/presentation.xml": links})


def _open_document(path: Path, kind: str, body: str, head: str = "", **more: str) -> Path:
    media = f"application/vnd.oasis.opendocument.{kind}"
    listed = {"/": media, "content.xml": "text/xml"} | dict.fromkeys(more, "text/xml")
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{media}"/>'
        for name, media in listed.items()
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", media)
        file.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
            f'manifest:version="1.2">{entries}</manifest:manifest>',
        )
        file.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES} office:version="1.2" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ooo="http://openoffice.org/2004/office" '
            f'xmlns:dom="http://www.w3.org/2001/xml-events">{head}<office:body>{body}</office:body>'
            "</office:document-content>",
        )
        for name, content in more.items():
            file.writestr(name, content)
    return path


def odt(path: Path, words: str = "Minutes of the meeting", *, picture: str = "", section: str = "") -> Path:
    """A text, with a picture and a section that lie elsewhere."""
    link = 'xlink:href="{}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"'
    frame = '<draw:frame svg:width="3cm" svg:height="3cm" text:anchor-type="as-char"><draw:image {}/></draw:frame>'
    body = f"<text:p>{words}{frame.format(link.format(picture)) if picture else ''}</text:p>"
    if section:
        source = f'<text:section-source xlink:href="{section}" xlink:type="simple"/>'
        body += f'<text:section text:name="linked">{source}<text:p>-</text:p></text:section>'
    return _open_document(path, "text", f"<office:text>{body}</office:text>")


def ods(path: Path, words: str = "Harbour dues") -> Path:
    """A sheet of one cell."""
    cell = f'<table:table-cell office:value-type="string"><text:p>{words}</text:p></table:table-cell>'
    table = f'<table:table table:name="One"><table:table-row>{cell}</table:table-row></table:table>'
    return _open_document(path, "spreadsheet", f"<office:spreadsheet>{table}</office:spreadsheet>")


def odp(path: Path, *slides: str) -> Path:
    """A slide for each text."""
    frame = (
        '<draw:page draw:name="p{}"><draw:frame svg:x="2cm" svg:y="2cm" svg:width="20cm" svg:height="3cm">'
        "<draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame></draw:page>"
    )
    pages = "".join(frame.format(*one) for one in enumerate(slides or ("First slide", "Second slide")))
    return _open_document(path, "presentation", f"<office:presentation>{pages}</office:presentation>")


def rtf(path: Path, words: str = "Minutes of the meeting") -> Path:
    """A text."""
    path.write_text(rf"{{\rtf1\ansi {words}\par}}")
    return path


def with_macro(path: Path, program: str) -> Path:
    """A text that runs a Basic program when it is opened, where it may."""
    library = (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE library:{0} PUBLIC "-//OpenOffice.org//DTD OfficeDocument '
        '1.0//EN" "{1}.dtd">'
    )
    space = 'xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink"'
    event = (
        '<office:scripts><office:script script:language="ooo:Basic"/><office:event-listeners>'
        '<script:event-listener script:language="ooo:script" script:event-name="dom:load" xlink:type="simple" '
        'xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document"/>'
        "</office:event-listeners></office:scripts>"
    )
    more = {
        "Basic/script-lc.xml": library.format("libraries", "libraries")
        + f'<library:libraries {space}><library:library library:name="Standard" library:link="false"/>'
        "</library:libraries>",
        "Basic/Standard/script-lb.xml": library.format("library", "library")
        + f'<library:library {space} library:name="Standard" library:readonly="false" '
        'library:passwordprotected="false"><library:element library:name="Module1"/></library:library>',
        "Basic/Standard/Module1.xml": '<?xml version="1.0" encoding="UTF-8"?>'
        '<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">'
        '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" '
        f'script:language="StarBasic">Sub Main\n{program}\nEnd Sub</script:module>',
    }
    body = "<office:text><text:p>Minutes of the meeting</text:p></office:text>"
    return _open_document(path, "text", body, head=event, **more)
