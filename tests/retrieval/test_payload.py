"""A point survives being kept as JSON."""

import datetime
import json

from hypothesis import given
from hypothesis import strategies as st

from ingest.types import Modality
from retrieval.payload import INDEXED, from_payload, to_payload
from retrieval.types import Point

POINTS = st.builds(
    Point,
    id=st.uuids().map(str),
    document_id=st.text(),
    page_number=st.integers(1, 10**6),
    page_label=st.text(),
    modality=st.sampled_from(Modality),
    text=st.text(),
    path=st.lists(st.text()).map(tuple),
    kind=st.text(),
    language=st.text(),
    date=st.none() | st.dates(),
    owner=st.text(),
    collection=st.text(),
)


@given(point=POINTS)
def test_a_point_comes_back_equal(point: Point) -> None:
    assert from_payload(point.id, json.loads(json.dumps(to_payload(point)))) == point


def test_what_filters_ask_for_is_in_the_payload() -> None:
    point = Point("1", "doc", 1, "1", Modality.TEXT, "text", date=datetime.date(2024, 2, 29))

    assert set(INDEXED) <= set(to_payload(point))
