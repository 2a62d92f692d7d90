"""`polyglance eval`: how well the library answers."""

import argparse
from pathlib import Path

from app.commands.grammar import OK, Commands, positive
from app.printing.console import print_json, say
from app.settings import Settings

VARIANTS = ("meaning", "text", "look")  # of `app.evaluating.VARIANTS`, which takes a second to import


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    parser = commands.add("eval", evaluate, "Measure how well the library answers questions whose answers are known.")
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("questions", nargs="?", type=Path, metavar="FILE", help="JSON, CSV, BEIR folder or TREC queries")
    asked.add_argument("--self", action="store_true", help="ask for passages and pictures of the library itself")
    parser.add_argument("--qrels", type=Path, metavar="FILE", help="TREC answers, where the questions have none")
    parser.add_argument(
        "--against", action="append", default=[], choices=VARIANTS, help="compare with meaning, text or look alone"
    )
    parser.add_argument("--sizes", action="store_true", help="compare every Matryoshka size of the encoder")
    parser.add_argument("--count", type=positive, default=100, metavar="N", help="questions that --self makes")
    parser.add_argument("--report", type=Path, metavar="OUT.html|OUT.md", help="write tables, plots and failures")


def evaluate(options: argparse.Namespace, settings: Settings) -> int:
    """Ask questions whose answers are known, and count."""
    from app.evaluating import Plan, evaluate_library
    from app.library import Library
    from app.printing.bars import count_bar
    from app.printing.evaluating import show_summary
    from evaluation.export import to_json, to_markdown
    from evaluation.report import write_report

    plan = Plan(options.questions, options.qrels, tuple(options.against), options.sizes, options.count)
    with Library(settings) as library, count_bar() as show:
        summary = evaluate_library(library, plan, on_progress=show)
    if options.report and options.report.suffix == ".md":
        options.report.write_text(to_markdown(summary), encoding="utf-8")
    elif options.report:
        write_report(summary, options.report)
    if options.json:
        print_json(to_json(summary))
    else:
        show_summary(summary)
        if options.report:
            say(f"The whole report: {options.report}")
    return OK
