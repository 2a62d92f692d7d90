"""Read questions and their answers from a file: our JSON or CSV, a BEIR folder, or TREC queries with qrels."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.errors import InvalidQuestions
from evaluation.tables import Row, read_rows, read_text
from evaluation.types import Place, Question, Target
from ingest.types import Modality

_PAGES_OF_NAME = re.compile(r"(?s)(.+)#(\d+)(?:-(\d+))?")
_PAGES = re.compile(r"(\d+)\s*(?:[-\u2013]\s*(\d+))?")
_QREL = re.compile(r"(\S+)\s+\S+\s+(.+?)\s+(-?\d+)")  # query, iteration, document, grade; names may hold blanks

_TARGET_KEYS = ("document", "page", "pages", "first_page", "last_page", "grade")
_QUESTION_KEYS = ("id", "query", "image", "language", "modality", "relevant")
_COLUMNS = ("id", "query", "image", "language", "modality", "document", "page", "grade")


@dataclass(frozen=True, slots=True)
class Location:
    """Where in which file something was read."""

    path: Path
    line: int  # from 1

    def error(self, message: str) -> InvalidQuestions:
        """The complaint, with file and line before it."""
        return InvalidQuestions(f"{self.path.name}, line {self.line}: {message}")


@dataclass(slots=True)
class _Draft:
    """A question whose answers are still being collected."""

    id: str
    text: str
    image: Path | None = None
    language: str = ""
    modality: Modality | None = None
    relevant: dict[Target, int] = field(default_factory=dict)

    def add(self, target: Target, grade: int) -> None:
        if grade > 0:
            self.relevant[target] = max(grade, self.relevant.get(target, 0))

    def question(self) -> Question:
        return Question(self.id, self.text, self.relevant, self.image, self.language, self.modality)


def read_questions(path: Path, *, qrels: Path | None = None) -> list[Question]:
    """Read a file or folder of questions; what it is, its content says.

    docs/evaluation.md describes the layouts. Pictures are looked for beside the file.

    Args:
        path: JSON, JSON Lines or CSV; or a BEIR folder; or, with `qrels`, queries as TSV or JSON Lines.
        qrels: which documents answer which query, as TREC or BEIR write it.

    Raises:
        InvalidQuestions: a file is missing or cannot be read as what it seems to be.
    """
    if path.is_dir():
        return _read_judged(path / "queries.jsonl", qrels or _beir_qrels(path))
    if qrels is not None:
        return _read_judged(path, qrels)
    text = read_text(path)
    if text.lstrip()[:1] in ("[", "{"):
        questions = [
            _json_question(entry, str(number), where)
            for number, (entry, where) in enumerate(_json_entries(text, path), start=1)
        ]
    elif _is_csv(text):
        questions = _csv_questions(path)
    else:
        raise InvalidQuestions(
            f"{path.name} is neither a JSON list nor a CSV with the columns query and document. If it holds "
            "TREC queries (an id, a tab, the text), name the file with the answers by --qrels."
        )
    _refuse_twins(questions, path)
    return questions


def _json_entries(text: str, path: Path) -> Iterator[tuple[object, Location]]:
    """The entries of a list, or the lines of JSON Lines, each with its line."""
    decoder = json.JSONDecoder()
    is_list = text.lstrip().startswith("[")
    position = text.index("[") + 1 if is_list else 0
    separators = re.compile(r"[\s,]*" if is_list else r"\s*")
    try:
        if is_list:
            decoder.decode(text)
        while True:
            position = separators.match(text, position).end()  # type: ignore[union-attr]  # matches nothing too
            if position == len(text) or (is_list and text[position] == "]"):
                return
            where = Location(path, text.count("\n", 0, position) + 1)
            entry, position = decoder.raw_decode(text, position)
            yield entry, where
    except (json.JSONDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "brackets are nested too deep"
        raise Location(path, line).error(f"not valid JSON ({reason}); correct it there.") from error


def _json_question(entry: object, number: str, where: Location) -> Question:
    fields = _object(entry, where, keys=(*_QUESTION_KEYS, *_TARGET_KEYS))
    draft = _Draft(
        id=str(fields.get("id", number)),
        text=_string(fields, "query", where),
        image=_image(_string(fields, "image", where), where),
        language=_string(fields, "language", where),
        modality=_modality(_string(fields, "modality", where), where),
    )
    answers = fields.get("relevant", [fields])
    if not isinstance(answers, list):
        raise where.error('"relevant" must be a list of {"document": …, "page": …}.')
    if "relevant" in fields and "document" in fields:
        raise where.error('give either "document" or "relevant", not both.')
    for answer in answers:
        target_fields = fields if answer is fields else _object(answer, where, keys=_TARGET_KEYS)
        grade = _integer(target_fields.get("grade", 1), "grade", where)
        for target in _json_targets(target_fields, where):
            draft.add(target, grade)
    return _asked(draft, where).question()


def _json_targets(fields: Mapping[str, object], where: Location) -> Iterator[Target]:
    document = _string(fields, "document", where)
    if not document:
        raise where.error('"document" is missing: the name of the document that answers the query.')
    if len([key for key in ("page", "pages", "first_page") if key in fields]) > 1:
        raise where.error('give one of "page", "pages", or "first_page" with "last_page".')
    if "pages" in fields:
        pages = fields["pages"]
        if not isinstance(pages, list) or not pages:
            raise where.error('"pages" must be a list of page numbers such as [3, 7].')
        for page in pages:
            yield _target(document, page, page, where)
    elif "first_page" in fields or "last_page" in fields:
        first = fields.get("first_page", fields.get("last_page"))
        yield _target(document, first, fields.get("last_page", first), where)
    else:
        yield _target(document, fields.get("page"), fields.get("page"), where)


def _csv_questions(path: Path) -> list[Question]:
    drafts: dict[tuple[str, ...], _Draft] = {}
    for row in read_rows(path, known=_COLUMNS, needed=("document",)):
        where = Location(path, row.line)
        key = ("id", row["id"]) if row["id"] else ("", row["query"], row["language"], row["image"])
        if key not in drafts:
            drafts[key] = _asked(
                _Draft(
                    id=row["id"] or str(len(drafts) + 1),
                    text=row["query"],
                    image=_image(row["image"], where),
                    language=row["language"],
                    modality=_modality(row["modality"], where),
                ),
                where,
            )
        drafts[key].add(_csv_target(row, where), _number(row["grade"] or "1", "grade", where))
    return [draft.question() for draft in drafts.values()]


def _csv_target(row: Row, where: Location) -> Target:
    if not row["document"]:
        raise where.error("the column document is empty: the name of the document that answers the query.")
    if not row["page"]:
        return Target((Place(row["document"]),))
    pages = _PAGES.fullmatch(row["page"])
    if pages is None:
        raise where.error(f'page "{row["page"]}" is no number; write 7, or 7-9 where any of the three will do.')
    return _target(row["document"], int(pages[1]), int(pages[2] or pages[1]), where)


def _read_judged(queries: Path, qrels: Path) -> list[Question]:
    """Queries and judgements in two files; queries without a judgement belong to another split."""
    drafts = {draft.id: draft for draft in _read_queries(queries)}
    judged = set()
    for query_id, document, grade, where in _read_qrels(qrels):
        if query_id not in drafts:
            raise where.error(f'there is no query "{query_id}" in {queries.name}; take the two files of one set.')
        judged.add(query_id)
        drafts[query_id].add(_named_target(document, where), grade)
    return [draft.question() for draft in drafts.values() if draft.id in judged]


def _read_queries(path: Path) -> Iterator[_Draft]:
    text = read_text(path)
    seen: set[str] = set()
    for draft, where in _jsonl_queries(text, path) if text.lstrip().startswith("{") else _tsv_queries(text, path):
        if draft.id in seen:
            raise where.error(f'the query id "{draft.id}" stands here for the second time; ids must differ.')
        seen.add(draft.id)
        yield _asked(draft, where)


def _jsonl_queries(text: str, path: Path) -> Iterator[tuple[_Draft, Location]]:
    for entry, where in _json_entries(text, path):
        if not isinstance(entry, dict) or not entry.get("_id"):
            raise where.error('"_id" is missing; BEIR queries read {"_id": "1", "text": "…"}.')
        yield (
            _Draft(
                id=str(entry["_id"]),
                text=_string(entry, "text", where),
                image=_image(_string(entry, "image", where), where),
                language=_string(entry, "language", where),
            ),
            where,
        )


def _tsv_queries(text: str, path: Path) -> Iterator[tuple[_Draft, Location]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        columns = [column.strip() for column in line.split("\t")]
        where = Location(path, number)
        if len(columns) not in (2, 3):
            raise where.error(
                "a query line holds an id, a tab and the text (and, if you like, a tab and the language)."
            )
        yield _Draft(id=columns[0], text=columns[1], language=columns[2] if len(columns) == 3 else ""), where


def _read_qrels(path: Path) -> Iterator[tuple[str, str, int, Location]]:
    """Query, document, grade: TREC's four columns, or BEIR's three with their header."""
    lines = read_text(path).split("\n")
    is_beir = lines[0].split("\t")[:1] == ["query-id"]
    parse: Callable[[str], tuple[str, str, str] | None] = _beir_qrel if is_beir else _trec_qrel
    shape = "query-id, corpus-id and score with tabs between" if is_beir else '"query 0 document grade"'
    for number, line in enumerate(lines, start=1):
        if not line.strip() or (is_beir and number == 1):
            continue
        where = Location(path, number)
        fields = parse(line)
        if fields is None:
            raise where.error(f"this is not {shape}; correct the line.")
        yield fields[0], fields[1], _number(fields[2], "grade", where), where


def _trec_qrel(line: str) -> tuple[str, str, str] | None:
    match = _QREL.fullmatch(line.strip())
    return (match[1], match[2], match[3]) if match else None


def _beir_qrel(line: str) -> tuple[str, str, str] | None:
    columns = [column.strip() for column in line.split("\t")]
    return (columns[0], columns[1], columns[2]) if len(columns) == 3 else None


def _named_target(name: str, where: Location) -> Target:
    pages = _PAGES_OF_NAME.fullmatch(name)
    if pages is None:
        return Target((Place(name),))
    return _target(pages[1], int(pages[2]), int(pages[3] or pages[2]), where)


def _target(document: str, first: object, last: object, where: Location) -> Target:
    if first is None:
        return Target((Place(document),))
    first_page, last_page = _integer(first, "page", where), _integer(last, "page", where)
    if not 1 <= first_page <= last_page:
        raise where.error(
            f"pages {first_page} to {last_page} of {document} cannot be; pages count from 1, the first one first."
        )
    return Target((Place(document, first_page, last_page),))


def _asked(draft: _Draft, where: Location) -> _Draft:
    if not draft.text.strip() and draft.image is None:
        raise where.error("there is nothing to ask: give a query or an image.")
    return draft


def _object(entry: object, where: Location, *, keys: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(entry, dict):
        raise where.error('each question is an object such as {"query": "…", "document": "…", "page": 3}.')
    unknown = sorted(entry.keys() - set(keys))
    if unknown:
        raise where.error(f'"{unknown[0]}" is not known here; known are {", ".join(keys)}.')
    return entry


def _string(fields: Mapping[str, object], key: str, where: Location) -> str:
    value = fields.get(key) or ""
    if not isinstance(value, str):
        raise where.error(f'"{key}" must be a text in quotes, not {json.dumps(value)[:40]}.')
    return value.strip()


def _integer(value: object, key: str, where: Location) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise where.error(f'"{key}" must be a whole number, not {json.dumps(value)[:40]}.')
    return value


def _number(text: str, key: str, where: Location) -> int:
    try:
        return int(text)
    except ValueError:
        raise where.error(f'{key} "{text}" must be a whole number.') from None


def _image(name: str, where: Location) -> Path | None:
    if not name:
        return None
    path = where.path.parent / name
    if not path.is_file():
        raise where.error(f'there is no picture "{name}"; name it as seen from the folder of {where.path.name}.')
    return path


def _modality(name: str, where: Location) -> Modality | None:
    if name not in ("", *Modality):
        raise where.error(f'modality "{name}" must be text (asks for a page) or image (asks for a picture).')
    return Modality(name) if name else None


def _is_csv(text: str) -> bool:
    header = text.split("\n", 1)[0].lower()
    return "document" in header and ("query" in header or "image" in header)


def _beir_qrels(folder: Path) -> Path:
    path = folder / "qrels" / "test.tsv"
    if not path.is_file():
        raise InvalidQuestions(
            f"{folder.name} holds no qrels/test.tsv, as a BEIR folder does; name the file with the answers by --qrels."
        )
    return path


def _refuse_twins(questions: list[Question], path: Path) -> None:
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise InvalidQuestions(f'{path.name}: the id "{question.id}" stands for two questions; ids must differ.')
        seen.add(question.id)
