"""A point survives being kept as JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ingest.types import Modality
from retrieval.payload import FILTERED, from_payload, to_payload
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
)


@given(point=POINTS)
def test_a_point_comes_back_equal(point: Point) -> None:
    assert from_payload(point.id, json.loads(json.dumps(to_payload(point)))) == point


def test_what_filters_ask_for_is_in_the_payload() -> None:
    point = Point("1", "doc", 1, "1", Modality.TEXT, "text")

    assert set(FILTERED) <= set(to_payload(point))
