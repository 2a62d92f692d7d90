"""XML is looked through before MuPDF has it, which follows broken and endlessly deep documents to its own end."""

from xml.parsers import expat

from ingest.errors import UnreadableDocument

_MAX_DEPTH = 500  # elements inside one another; drawings and books have a few dozen


def check_xml(content: bytes, name: str) -> None:
    """See that a document is whole and declares nothing that could swell or be fetched.

    Raises:
        UnreadableDocument: it is not.
    """
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise UnreadableDocument(f"{name} nests its elements more than {_MAX_DEPTH} deep: save it anew, flatter")

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*declaration: object) -> None:
        raise UnreadableDocument(f"{name} declares XML entities, which are not read: save it without them")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last two: an encoding it does not know
        raise UnreadableDocument(f"{name} is damaged ({error}): get a whole copy") from error
