"""Our encoders through mteb's own evaluation, on small tasks held in memory."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import mteb
import numpy as np
import pytest
from datasets import Dataset
from mteb.abstasks import AbsTaskRetrieval
from mteb.abstasks.retrieval_dataset_loaders import RetrievalSplitData
from mteb.abstasks.task_metadata import TaskMetadata
from mteb.tasks.retrieval.eng.flickr30k_t2i_retrieval import Flickr30kT2IRetrieval
from mteb.tasks.retrieval.eng.vidore_bench_retrieval import VidoreArxivQARetrieval
from mteb.types import PromptType
from PIL import Image, ImageDraw
from torch.utils.data import DataLoader

from encoders.base import truncate
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.starter import StarterEncoder
from evaluation.mteb_model import MtebModel
from evaluation.mteb_run import Row, find_tasks, format_table, main, run
from evaluation.published import PUBLISHED

TINY = Path(__file__).parents[1] / "data" / "jina_clip" / "tiny-jina-clip-v2"
QUESTIONS = {
    "q1": "How long is the warranty?",
    "q2": "Wie wird Misosuppe gekocht?",
    "q3": "Where do I park?",
}
PASSAGES = {
    "d1": "Die Garantie dauert zwei Jahre.",
    "d2": "Miso soup is cooked from dashi, miso paste and tofu.",
    "d3": "There is a car park behind the station.",
    "d4": "The orchestra plays on Sunday.",
    "d5": "The warranty covers parts, not labour.",
    "d6": "Tofu is made of soy beans.",
}
TEXT_ANSWERS = {"q1": {"d1": 1, "d5": 1}, "q2": {"d2": 1}, "q3": {"d3": 1}}
CAPTIONS = {"q1": "a red circle", "q2": "a blue square", "q3": "a green triangle"}
PICTURE_ANSWERS = {"q1": {"d1": 1}, "q2": {"d2": 1}, "q3": {"d3": 1, "d4": 1}}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("nothing here may use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="module")
def tiny() -> JinaClipEncoder:
    return JinaClipEncoder.load(TINY, geometry="crop", device="cpu")


def draw(*shapes: tuple[str, str]) -> list[Image.Image]:
    images = []
    for shape, colour in shapes:
        image = Image.new("RGB", (120, 100), "white")
        pen = ImageDraw.Draw(image)
        if shape == "circle":
            pen.ellipse((20, 10, 100, 90), fill=colour)
        elif shape == "square":
            pen.rectangle((20, 10, 100, 90), fill=colour)
        else:
            pen.polygon([(60, 10), (20, 90), (100, 90)], fill=colour)
        images.append(image)
    return images


SOURCE = "Tables 7 and 12"
COLOURS = ("red", "blue", "green", "yellow", "black", "grey", "pink", "brown")
PICTURES = draw(
    ("circle", "red"),
    ("square", "blue"),
    ("triangle", "green"),
    ("triangle", "lime"),
    ("circle", "grey"),
    ("square", "pink"),
)


def metadata(name: str, category: str, modalities: list[str]) -> TaskMetadata:
    fields: dict[str, Any] = {
        "name": name,
        "description": "A small task held in memory.",
        "reference": None,
        "dataset": {"path": "none", "revision": "1"},
        "type": "Retrieval" if category == "t2t" else "Any2AnyRetrieval",
        "category": category,
        "modalities": modalities,
        "eval_splits": ["test"],
        "eval_langs": ["eng-Latn"],
        "main_score": "ndcg_at_10",
        "date": ("2024-01-01", "2024-12-31"),
        "domains": [],
        "task_subtypes": [],
        "license": "cc0-1.0",
        "annotations_creators": "derived",
        "dialect": [],
        "sample_creation": "created",
        "bibtex_citation": "",
    }
    return TaskMetadata(**fields)


def in_memory(queries: dict[str, str], corpus: Dataset, answers: dict[str, dict[str, int]]) -> dict[str, Any]:
    asked = Dataset.from_dict({"id": list(queries), "text": list(queries.values())})
    split = RetrievalSplitData(queries=asked, corpus=corpus, relevant_docs=answers, top_ranked=None)
    return {"default": {"test": split}}


def picture_corpus() -> Dataset:
    return Dataset.from_dict({"id": [f"d{number}" for number in range(1, 7)], "image": PICTURES})


class SmallTextTask(AbsTaskRetrieval):
    metadata: ClassVar[TaskMetadata] = metadata("SmallTextTask", "t2t", ["text"])

    def load_data(self, num_proc: int | None = None, **_: Any) -> None:
        corpus = Dataset.from_dict(
            {"id": list(PASSAGES), "title": [""] * len(PASSAGES), "text": list(PASSAGES.values())}
        )
        self.dataset, self.data_loaded = in_memory(QUESTIONS, corpus, TEXT_ANSWERS), True


class SmallPictureTask(AbsTaskRetrieval):
    metadata: ClassVar[TaskMetadata] = metadata("SmallPictureTask", "t2i", ["text", "image"])

    def load_data(self, num_proc: int | None = None, **_: Any) -> None:
        self.dataset, self.data_loaded = in_memory(CAPTIONS, picture_corpus(), PICTURE_ANSWERS), True


class SmallFlickr(Flickr30kT2IRetrieval):
    """The real task's name and metrics with 24 drawings for data, where a hit among five is no matter of course."""

    shapes = tuple((shape, colour) for shape in ("circle", "square", "triangle") for colour in COLOURS)
    captions: ClassVar[dict[str, str]] = {
        f"q{number}": f"a {colour} {shape}" for number, (shape, colour) in enumerate(shapes, 1)
    }

    def load_data(self, num_proc: int | None = None, **_: Any) -> None:
        ids = [f"d{number}" for number in range(1, len(self.shapes) + 1)]
        corpus = Dataset.from_dict({"id": ids, "image": draw(*self.shapes)})
        answers = {query: {name: 1} for query, name in zip(self.captions, ids, strict=True)}
        self.dataset, self.data_loaded = in_memory(self.captions, corpus, answers), True


class SmallVidore(VidoreArxivQARetrieval):
    """A task that the report measured at the full size alone."""

    def load_data(self, num_proc: int | None = None, **_: Any) -> None:
        self.dataset, self.data_loaded = in_memory(CAPTIONS, picture_corpus(), PICTURE_ANSWERS), True


def evaluate(model: MtebModel, task: AbsTaskRetrieval) -> dict[str, float]:
    result = mteb.evaluate(model, task, cache=None, show_progress_bar=False)
    scores: dict[str, float] = result.task_results[0].scores["test"][0]
    return scores


def rank(similarities: np.ndarray) -> list[list[str]]:
    """Passages of each query, nearest first."""
    return [[f"d{index + 1}" for index in np.argsort(-row)] for row in similarities]


def ndcg(rankings: list[list[str]], answers: dict[str, dict[str, int]], k: int) -> float:
    scores = []
    for ranking, right in zip(rankings, answers.values(), strict=True):
        gain = sum(1 / np.log2(place + 1) for place, found in enumerate(ranking[:k], 1) if found in right)
        best = sum(1 / np.log2(place + 1) for place in range(1, min(k, len(right)) + 1))
        scores.append(gain / best)
    return float(np.mean(scores))


def recall(rankings: list[list[str]], answers: dict[str, dict[str, int]], k: int) -> float:
    hits = [
        len(set(ranking[:k]) & set(right)) / len(right)
        for ranking, right in zip(rankings, answers.values(), strict=True)
    ]
    return float(np.mean(hits))


def assert_scores(scores: dict[str, float], rankings: list[list[str]], answers: dict[str, dict[str, int]]) -> None:
    for k in (1, 3, 5):
        # mteb rounds to five digits
        assert scores[f"ndcg_at_{k}"] == pytest.approx(ndcg(rankings, answers, k), abs=1e-5)
        assert scores[f"recall_at_{k}"] == pytest.approx(recall(rankings, answers, k), abs=1e-5)


def test_text_retrieval_scores_what_the_encoders_own_ranking_scores(tiny: JinaClipEncoder) -> None:
    rankings = rank(tiny.encode_queries(list(QUESTIONS.values())) @ tiny.encode_texts(list(PASSAGES.values())).T)

    assert_scores(evaluate(MtebModel(tiny), SmallTextTask()), rankings, TEXT_ANSWERS)


def test_picture_retrieval_scores_what_the_encoders_own_ranking_scores(tiny: JinaClipEncoder) -> None:
    rankings = rank(tiny.encode_queries(list(CAPTIONS.values())) @ tiny.encode_images(PICTURES).T)

    assert_scores(evaluate(MtebModel(tiny), SmallPictureTask()), rankings, PICTURE_ANSWERS)


def test_a_good_encoder_gets_a_good_score() -> None:
    scores = evaluate(MtebModel(StarterEncoder(threads=1)), SmallTextTask())

    assert scores["hit_rate_at_1"] == 1.0


def test_a_smaller_size_is_what_is_scored(tiny: JinaClipEncoder) -> None:
    smallest = tiny.sizes[0]
    queries = truncate(tiny.encode_queries(list(QUESTIONS.values())), smallest)
    passages = truncate(tiny.encode_texts(list(PASSAGES.values())), smallest)

    assert_scores(evaluate(MtebModel(tiny, size=smallest), SmallTextTask()), rank(queries @ passages.T), TEXT_ANSWERS)


def encode(model: MtebModel, columns: dict[str, Sequence[Any]], prompt: PromptType | None) -> np.ndarray:
    batches = [{name: values[start : start + 2] for name, values in columns.items()} for start in (0, 2)]
    loader: Any = DataLoader(batches, batch_size=None)  # type: ignore[arg-type]
    rows = model.encode(
        loader, task_metadata=SmallTextTask.metadata, hf_split="test", hf_subset="default", prompt_type=prompt
    )
    return np.asarray(rows)


def test_only_queries_get_the_instruction(tiny: JinaClipEncoder) -> None:
    texts, model = list(QUESTIONS.values()), MtebModel(tiny)
    asked, said = tiny.encode_queries(texts), tiny.encode_texts(texts)
    assert np.abs(asked - said).max() > 0.01  # else this test could not fail

    np.testing.assert_allclose(encode(model, {"text": texts}, PromptType.query), asked, atol=1e-5)  # other batches
    np.testing.assert_allclose(encode(model, {"text": texts}, PromptType.document), said, atol=1e-5)
    np.testing.assert_allclose(encode(model, {"text": texts}, None), said, atol=1e-5)


def test_queries_can_be_left_plain(tiny: JinaClipEncoder) -> None:
    texts = list(QUESTIONS.values())

    rows = encode(MtebModel(tiny, instructed=False), {"text": texts}, PromptType.query)

    np.testing.assert_allclose(rows, tiny.encode_texts(texts), atol=1e-5)


def test_a_text_with_a_picture_lies_in_the_middle_of_both(tiny: JinaClipEncoder) -> None:
    texts, pictures = list(QUESTIONS.values()), PICTURES[:3]
    middle = tiny.encode_texts(texts) + tiny.encode_images(pictures)

    rows = encode(MtebModel(tiny), {"text": texts, "image": pictures}, PromptType.document)

    np.testing.assert_allclose(rows, middle / np.linalg.norm(middle, axis=1, keepdims=True), atol=1e-5)


def test_pictures_of_any_mode_are_read(tiny: JinaClipEncoder) -> None:
    greys = [picture.convert("L") for picture in PICTURES[:3]]

    rows = encode(MtebModel(tiny), {"image": greys}, PromptType.document)

    np.testing.assert_allclose(rows, tiny.encode_images(greys), atol=1e-5)


def test_sound_is_refused_by_name(tiny: JinaClipEncoder) -> None:
    with pytest.raises(ValueError, match="reads texts and pictures; the task gives audio"):
        encode(MtebModel(tiny), {"audio": [b"", b"", b"", b""]}, PromptType.document)


def test_similarity_is_the_cosine(tiny: JinaClipEncoder) -> None:
    rows, model = tiny.encode_texts(list(PASSAGES.values())), MtebModel(tiny)

    np.testing.assert_allclose(model.similarity(2 * rows, rows), rows @ rows.T, atol=1e-5)
    np.testing.assert_allclose(model.similarity_pairwise(2 * rows, rows), np.ones(6), atol=1e-5)


def test_a_size_the_encoder_was_not_trained_for_is_refused(tiny: JinaClipEncoder) -> None:
    with pytest.raises(ValueError, match=f"has no size 100, only {tiny.sizes[0]}"):
        MtebModel(tiny, size=100)


@pytest.mark.parametrize("other", [{"size": 64}, {"instructed": False}])
def test_the_results_say_which_variant_was_measured(tiny: JinaClipEncoder, other: dict[str, Any]) -> None:
    meta = MtebModel(tiny).mteb_model_meta

    assert meta.name == "polyglance/jina-clip-v2"
    assert meta.revision == tiny.name.partition("@")[2].replace("/", "-")
    assert meta.embed_dim == tiny.sizes[-1]
    assert set(meta.modalities) == {"text", "image"}
    assert len(meta.languages or []) == 30
    assert MtebModel(tiny, **other).mteb_model_meta.experiment_name != meta.experiment_name


@pytest.mark.parametrize(("size", "published"), [(128, 87.22), (64, 81.60)])
def test_our_figure_stands_beside_the_published_one_of_that_size(
    tiny: JinaClipEncoder, tmp_path: Path, size: int, published: float
) -> None:
    queries = truncate(tiny.encode_queries(list(SmallFlickr.captions.values())), size)
    pictures = truncate(tiny.encode_images(draw(*SmallFlickr.shapes)), size)
    hits = [f"d{number}" in ranking[:5] for number, ranking in enumerate(rank(queries @ pictures.T), 1)]
    assert 0 < np.mean(hits) < 1  # else any metric would do

    (row,) = run(MtebModel(tiny, size=size), [SmallFlickr()], tmp_path)

    assert row == Row(
        "Flickr30kT2IRetrieval", "hit_rate_at_5", pytest.approx(100 * np.mean(hits), abs=1e-3), published, SOURCE
    )
    assert f"| {row.ours:.2f} | {published:.2f} | {row.ours - published:+.2f} | {SOURCE} |" in format_table([row], tiny)


def test_no_figure_is_borrowed_from_another_size(tiny: JinaClipEncoder, tmp_path: Path) -> None:
    (row,) = run(MtebModel(tiny), [SmallVidore()], tmp_path)

    assert (row.metric, row.published, row.table) == ("ndcg_at_5", None, "")


def test_a_task_without_published_figures_shows_its_main_score(tiny: JinaClipEncoder, tmp_path: Path) -> None:
    (row,) = run(MtebModel(tiny), [SmallTextTask()], tmp_path)

    assert (row.metric, row.published, row.table) == ("main_score", None, "")
    assert "| – | – | – |" in format_table([row], tiny)


def test_what_was_measured_is_kept_and_not_measured_again(tiny: JinaClipEncoder, tmp_path: Path) -> None:
    first = run(MtebModel(tiny), [SmallTextTask()], tmp_path)

    class Mute(MtebModel):
        def encode(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("measured again")

    assert run(Mute(tiny), [SmallTextTask()], tmp_path) == first
    assert [path.name for path in tmp_path.rglob("SmallTextTask.json")] == ["SmallTextTask.json"]


def test_mteb_has_every_task_that_has_published_figures() -> None:
    found = find_tasks(PUBLISHED)

    assert [task.metadata.name for task in found] == list(PUBLISHED)
    assert {tuple(task.metadata.eval_splits) for task in found} == {("test",)}


def test_a_benchmark_stands_for_its_tasks() -> None:
    assert {task.metadata.name for task in find_tasks(["ViDoRe(v1)"])} == {
        name for name in PUBLISHED if "Vidore" in name
    }


def test_a_task_mteb_does_not_have_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--encoder", str(TINY), "--tasks", "Flickr30kT2I", "--output", str(tmp_path)])

    assert code == 1
    assert "has no task or benchmark 'Flickr30kT2I'" in capsys.readouterr().err


def test_an_encoder_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--encoder", str(tmp_path / "none"), "--tasks", "SciFact", "--output", str(tmp_path)])

    assert code == 1
    assert "no encoder is named" in capsys.readouterr().err
