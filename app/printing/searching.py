"""What was found, and why."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from app.printing.console import OUT, say, shorten
from app.types import Match
from retrieval.query import Results, Route

_SNIPPET = 220  # characters
_ROUTES = {
    Route.MEANING: "meaning (cosine of the passage)",
    Route.WORDS: "words (BM25)",
    Route.LOOK: "look (cosine of the picture)",
}


def show_matches(
    query: str, matches: Sequence[Match], *, seconds: float, encoder: str, is_empty: bool, is_relevant: bool
) -> None:
    """Search results as a table: rank, score, document, page, snippet."""
    if is_empty:
        OUT.print("The library is empty. Add something: polyglance add FOLDER")
        return
    table = Table(
        title=Text(query, style="bold"),
        title_justify="left",
        caption=f"{encoder}, {seconds * 1000:.0f} ms",
        caption_justify="right",
    )
    table.add_column("#", justify="right")
    table.add_column("score", justify="right")
    table.add_column("document", overflow="fold", max_width=34)
    table.add_column("page", justify="right")
    table.add_column("snippet", overflow="fold", ratio=1)
    for match in matches:
        page = str(match.page) if match.page_label in ("", str(match.page)) else f"{match.page} ({match.page_label})"
        snippet = shorten(" ".join(match.text.split()), _SNIPPET) if match.text else "(by its look)"
        table.add_row(str(match.rank), f"{match.score:.2f}", Text(match.document), page, Text(snippet))
    OUT.print(table if matches else "Nothing found.")
    if matches and not is_relevant:
        OUT.print("Nothing here seems to be about that; these are the nearest.")


def show_explanation(results: Results, matches: Sequence[Match]) -> None:
    """What each hit was found by, in measures of its own and in what it adds, and how long the search took."""
    ranks = {match.id: match.rank for match in matches}
    table = Table(caption="adds: deviations above what chance gives", caption_justify="right")
    for title in ("#", "value", "adds", "in all"):
        table.add_column(title, justify="right")
    table.add_column("found by")
    for hit in results.hits:
        for row, evidence in enumerate(hit.evidence):
            rank, total = (str(ranks.get(hit.point.id, "")), f"{hit.surplus:.2f}") if row == 0 else ("", "")
            table.add_row(rank, f"{evidence.value:.3f}", f"{evidence.surplus:+.2f}", total, _ROUTES[evidence.route])
    if results.hits:
        OUT.print(table)
    say(", ".join(f"{stage.name} {stage.seconds * 1000:.1f} ms" for stage in results.stages))
