"""HTML in which text cannot become markup: whatever is not Markup already is escaped."""

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str) -> Markup:
    """An element around its children.

    Args:
        tag: name of the element.
        children: Markup as it is, any other text escaped.
        attributes: by name, escaped; `class_` stands for class, `data_x` for data-x.
    """
    written = "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return Markup(f"<{tag}{written}>{join(children)}</{tag}>")


def join(children: Iterable[str]) -> Markup:
    """Children one after the other, escaped where they are not Markup."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children))
