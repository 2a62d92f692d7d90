"""Errors of ours as messages on the page; anything else is a bug and keeps its traceback in the log."""

import functools
import html
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from app.errors import USER_ERRORS


def told(action: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an action, plain or generator, so that its user errors become one line on the page."""
    if inspect.isgeneratorfunction(action):

        @functools.wraps(action)
        def told_often(*arguments: Any) -> Iterator[Any]:
            try:
                yield from action(*arguments)
            except USER_ERRORS as error:
                raise _as_message(error) from error

        return told_often

    @functools.wraps(action)
    def told_once(*arguments: Any) -> Any:
        try:
            return action(*arguments)
        except USER_ERRORS as error:
            raise _as_message(error) from error

    return told_once


def _as_message(error: Exception) -> gr.Error:
    # The message is shown as HTML, and file names are in it; quotes stay readable for programs.
    return gr.Error(html.escape(str(error), quote=False), duration=None, print_exception=False)
