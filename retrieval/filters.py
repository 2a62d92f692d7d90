"""What a filter asks of a payload, in terms that every engine has."""

import datetime
from dataclasses import dataclass

from retrieval.payload import COLLECTION, DATE, DOCUMENT, KIND, LANGUAGE, MODALITY, OWNER
from retrieval.types import Filter, Point


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of them must hold."""

    any_of: tuple[tuple[str, frozenset[str]], ...]  # payload key, values of which it must have one
    none_of: tuple[tuple[str, frozenset[str]], ...]  # payload key, values of which it must have none
    dates: tuple[tuple[str, datetime.date | None, datetime.date | None], ...]  # payload key, first and last day


def conditions(where: Filter) -> Conditions:
    """A filter as conditions on payload keys."""
    sets = {
        MODALITY: None if where.modality is None else frozenset({where.modality.value}),
        DOCUMENT: where.documents,
        KIND: where.kinds,
        LANGUAGE: where.languages,
        OWNER: where.owners,
        COLLECTION: where.collections,
    }
    return Conditions(
        any_of=tuple((key, values) for key, values in sets.items() if values is not None),
        none_of=((DOCUMENT, where.without),) if where.without else (),
        dates=((DATE, where.since, where.until),) if where.since or where.until else (),
    )


def allows_nothing(where: Filter) -> bool:
    """Whether some set of allowed values is empty; engines take an empty set for no condition."""
    return any(not values for _, values in conditions(where).any_of)


def thins_out(where: Filter) -> bool:
    """Whether more is filtered than the modality: then a graph has holes, and the nearest are harder to find in it."""
    met = conditions(where)
    return bool(met.none_of or met.dates or any(key != MODALITY for key, _ in met.any_of))


def passes(point: Point, where: Filter) -> bool:
    """Whether a point may be found."""
    return (
        (where.modality is None or point.modality is where.modality)
        and (where.documents is None or point.document_id in where.documents)
        and point.document_id not in where.without
        and (where.kinds is None or point.kind in where.kinds)
        and (where.languages is None or point.language in where.languages)
        and (where.owners is None or point.owner in where.owners)
        and (where.collections is None or point.collection in where.collections)
        and (where.since is None or (point.date is not None and point.date >= where.since))
        and (where.until is None or (point.date is not None and point.date <= where.until))
    )
