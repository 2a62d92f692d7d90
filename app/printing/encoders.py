"""The encoders there are."""

from collections.abc import Sequence

from rich.markup import escape

from app.printing.console import OUT
from encoders.registry import EncoderStatus


def show_encoders(encoders: Sequence[EncoderStatus]) -> None:
    """The encoders, the active one first in sight, with what they can and cannot do."""
    for encoder in encoders:
        mark = (
            "[green]● active[/]" if encoder.active else ("○ available" if encoder.available else "[dim]○ not here[/]")
        )
        OUT.print(f"[bold]{encoder.name}[/]  {mark}  {escape(encoder.reason)}")
        OUT.print(f"    can:    {escape(encoder.can)}")
        OUT.print(f"    cannot: {escape(encoder.cannot)}")
        if encoder.upgrade:
            OUT.print(f"    next:   [cyan]{escape(encoder.upgrade)}[/]")
