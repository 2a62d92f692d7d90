"""Text from documents and users, made safe to stand in a page."""

import html

# The page's HTML component reads its content as a template as well: `${...}` and `{{...}}` must never begin in text.
_TEMPLATE_MARKS = str.maketrans({"{": "&#123;", "$": "&#36;", "`": "&#96;"})


def escape(text: str) -> str:
    """Text for HTML, inside elements and quoted attributes."""
    return html.escape(text, quote=True).translate(_TEMPLATE_MARKS)
