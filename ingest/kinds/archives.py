"""ZIP archives, which are no document: `ingest.archives` unpacks them before anything is read."""

from typing import NoReturn

from ingest.errors import UnsupportedFormat
from ingest.head import Head
from ingest.readers.registry import Kind, Opening, Shows
from ingest.types import Format

# What packages of programs have, and documents that no reader knows: their parts are no files of anybody's.
_PARTS = {"mimetype", "[Content_Types].xml", "META-INF/MANIFEST.MF", "AndroidManifest.xml", "Index/Document.iwa"}
_WHEEL = ".dist-info/WHEEL"


def _is_zip(head: Head) -> bool:
    if head.members is None:
        return False
    return head.members.isdisjoint(_PARTS) and not any(member.endswith(_WHEEL) for member in head.members)


def _refuse(opening: Opening) -> NoReturn:
    raise UnsupportedFormat(f"{opening.name} is a ZIP archive: unpack it and add what is in it")


_AFTER_OTHERS = 3  # Office files, e-books and comics are ZIP files too

KINDS = (Kind(Format("zip"), "ZIP", (".zip",), _is_zip, _refuse, shows=Shows.MEMBERS, order=_AFTER_OTHERS),)
