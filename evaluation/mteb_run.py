"""Runs tasks of mteb with one of our encoders and prints our figures beside the published ones.

``python -m evaluation.mteb_run --encoder jina-clip-v2 --models DIR --tasks Flickr30kT2IRetrieval --output FOLDER``
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mteb
from mteb.abstasks import AbsTask
from mteb.results import TaskResult

from encoders.base import Encoder, EncoderError
from encoders.registry import load_encoder
from evaluation.mteb_model import MtebModel
from evaluation.published import PUBLISHED


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    task: str
    metric: str
    ours: float  # percent
    published: float | None  # percent, for jina-clip-v2 at the same size; None: the report has no such figure
    table: str  # where; empty where there is none


def main(argv: Sequence[str]) -> int:
    """Run from the command line.

    Returns:
        0 done; 1 an error, told in one line on stderr.
    """
    options = _build_parser().parse_args(argv)
    try:
        tasks = find_tasks(options.tasks)
        encoder = load_encoder(options.encoder, models=options.models, crops=options.geometry == "crop")
        model = MtebModel(encoder, size=options.dim, instructed=not options.plain_queries)
        rows = run(model, tasks, options.output, batch=options.batch)
    except OSError as error:
        print(f"error: {error}. mteb fetches its data from the Hugging Face hub or its cache.", file=sys.stderr)
        return 1
    except (EncoderError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(format_table(rows, encoder))
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation.mteb_run", description=__doc__)
    parser.add_argument("--encoder", required=True, metavar="NAME|DIR", help="as in `polyglance --encoder`")
    parser.add_argument(
        "--models", type=Path, default=Path("models"), metavar="DIR", help="where `polyglance download` put checkpoints"
    )
    parser.add_argument(
        "--tasks", nargs="+", required=True, metavar="NAME", help="tasks or benchmarks, as mteb calls them"
    )
    parser.add_argument("--geometry", choices=["crop", "fit"], default="crop", help="crop: as the report measured")
    parser.add_argument("--dim", type=int, metavar="D", help="a Matryoshka size; the full one if left out")
    parser.add_argument("--plain-queries", action="store_true", help="leave the instruction before queries out")
    parser.add_argument("--batch", type=int, default=64, metavar="N", help="inputs handed over at once")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="mteb's result files go here")
    return parser


def find_tasks(names: Iterable[str]) -> list[AbsTask]:
    """Look up tasks, and the tasks of benchmarks, by mteb's names; raises ValueError for one mteb does not have."""
    return [task for name in names for task in _find(name)]


def _find(name: str) -> Sequence[AbsTask]:
    try:
        return [mteb.get_task(name)]
    except KeyError as error:
        unknown = ValueError(f"mteb {mteb.__version__} has no task or benchmark {name!r}: {error.args[0]}")
    try:
        return list(mteb.get_benchmark(name).tasks)
    except KeyError as error:
        raise unknown from error


def run(model: MtebModel, tasks: Iterable[AbsTask], output: Path, *, batch: int = 64) -> list[Row]:
    """Evaluate, and set each result beside the published figure.

    Args:
        model: what is measured.
        tasks: mteb fetches their data; what ``output`` already holds for this very model is not measured again.
        output: mteb's cache folder of results.
        batch: inputs handed to the encoder at once.

    Raises:
        OSError: a task's data cannot be fetched.
    """
    results = mteb.evaluate(
        model, list(tasks), cache=mteb.ResultCache(cache_path=output), encode_kwargs={"batch_size": batch}
    )
    size = model.mteb_model_meta.embed_dim
    return [_to_row(result, size) for result in results.task_results]


def _to_row(result: TaskResult, size: object) -> Row:
    known = PUBLISHED.get(result.task_name)
    metric = known.metric if known else "main_score"
    ours = 100 * float(result.get_score(getter=lambda scores: scores[metric]))
    published = next((percent for at, percent in known.percent.items() if at == size), None) if known else None
    return Row(result.task_name, metric, ours, published, known.table if known and published is not None else "")


def format_table(rows: Iterable[Row], encoder: Encoder) -> str:
    """A Markdown table; the published figures are of jina-clip-v2, whichever encoder was measured."""
    head = [
        f"| task | metric | {encoder.name} % | report, jina-clip-v2 % | difference | source |",
        "|---|---|--:|--:|--:|---|",
    ]
    return "\n".join([*head, *(_format_row(row) for row in rows)])


def _format_row(row: Row) -> str:
    if row.published is None:
        return f"| {row.task} | {row.metric} | {row.ours:.2f} | – | – | – |"
    difference = row.ours - row.published
    return f"| {row.task} | {row.metric} | {row.ours:.2f} | {row.published:.2f} | {difference:+.2f} | {row.table} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
