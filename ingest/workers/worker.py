"""The process that reads files: takes one request at a time from its standard input, answers page by page.

It loads neither an encoder nor a store, and a reader only when a file needs it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from ingest.errors import IngestError
from ingest.limits import Limits
from ingest.readers.registry import open_reader
from ingest.workers.task import Cause
from ingest.workers.wire import Message, message_to_task, page_to_message, receive, send

_NICENESS = 5  # the encoder comes first, and the reader takes what it leaves
_MAX_FILES = 500  # then the process makes room for a fresh one
_MAX_RESIDENT = 1 << 30  # bytes it may still hold between two files


def main() -> None:
    """Serve the parent until it closes the pipe."""
    requests, replies = _take_pipes()
    _bound(memory_bytes=int(sys.argv[1]))
    with suppress(EOFError, BrokenPipeError):
        for count in range(1, _MAX_FILES + 1):
            request, _ = receive(requests)
            with _dying_with_the_parent(requests):
                outcome = read(request, replies)
            stays = count < _MAX_FILES and _resident_bytes() < _MAX_RESIDENT
            send(replies, {**outcome, "stays": stays})
            if not stays:
                break
    os._exit(0)  # nothing to tidy up, and pipes that may be broken


def read(request: Message, replies: BinaryIO) -> Message:
    """Send "opened", then "page" or "passed" for each page.

    Args:
        request: the task; the pages to skip; the page from which on they are sent, those before being only "passed".
        replies: where the answers go.

    Returns:
        The last answer: "end", "failed" where the file is at fault, "broken" where the reader is.
    """
    try:
        from ingest.ocr.reading import read_with_ocr  # numpy comes along, so not before there is a file

        task = message_to_task(request["task"])
        limits = Limits(**request["limits"])
        with open_reader(
            task.path,
            format=task.format,
            name=task.name,
            limits=limits,
            geometry=task.geometry,
            rendition=task.rendition,
        ) as reader:
            day = reader.date
            send(replies, {"kind": "opened", "pages": reader.page_count, "date": day and day.isoformat()})
            skip = frozenset(request["skip"])
            for page in read_with_ocr(reader, task.ocr, draw_from=task.draw_from, skip=skip):
                if page.number < request["send_from"]:
                    send(replies, {"kind": "passed"})
                else:
                    message, behind = page_to_message(page)
                    send(replies, {"kind": "page", **message}, behind)
        return {"kind": "end"}
    except BrokenPipeError:
        raise
    except IngestError as error:
        return {"kind": "failed", "error": type(error).__name__, "message": str(error)}
    except MemoryError:
        return {"kind": "broken", "cause": Cause.MEMORY, "how": "it needs too much memory"}
    except Exception as error:  # a fault of the reader or of a library, which must not take other files along
        how = " ".join(f"the reader failed, {type(error).__name__}: {error}".split())
        return {"kind": "broken", "cause": Cause.ERROR, "how": how[:300]}


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent; standard input and output are empty from here on, for libraries and children."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


def _bound(*, memory_bytes: int) -> None:
    """Take no more memory than that, leave no core file, give way to others; each where the system has it."""
    with suppress(ImportError):  # Windows
        import resource

        with suppress(ValueError, OSError):  # macOS
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(_NICENESS)


@contextmanager
def _dying_with_the_parent(requests: BinaryIO) -> Iterator[None]:
    """Have the kernel kill the group when the other end of the pipe closes, however deep in C the process is then.

    For Linux. Elsewhere a process whose parent is gone ends when it next reads or writes.
    """
    if sys.platform != "linux":
        yield
        return
    import fcntl
    import select
    import signal

    descriptor = requests.fileno()
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)  # nothing comes before the answer but the end
    if select.select([descriptor], [], [], 0)[0]:  # it came while we were not looking
        os._exit(0)
    yield
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)


def _resident_bytes() -> int:
    """Memory held now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0
