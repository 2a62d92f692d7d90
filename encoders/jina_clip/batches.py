"""Which inputs go together, and the next batch prepared while the model runs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Batch = TypeVar("Batch")
Inputs = TypeVar("Inputs")

_MOST_PADDING = 0.07  # of the real tokens; with what the smallest batches have it stays under a tenth
_LEAST_FILL = 1 / 32  # of the budget; a smaller batch costs more in starting it than in padding


def token_batches(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Group texts of like length, longest first, so that little padding is computed.

    A batch ends where the budget does, or where more would be padding than is worth another forward pass.

    Args:
        lengths: tokens of each text.
        budget: most tokens a batch may have, padding included; a single longer text has its own batch.

    Yields:
        Indices into ``lengths``; every one exactly once.
    """
    batch: list[int] = []
    real = 0
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batch:
            longest = lengths[batch[0]]
            padded = longest * (len(batch) + 1)
            wasteful = padded > (1 + _MOST_PADDING) * (real + lengths[index])
            if padded > budget or (wasteful and longest * len(batch) >= _LEAST_FILL * budget):
                yield batch
                batch, real = [], 0
        batch.append(index)
        real += lengths[index]
    if batch:
        yield batch


def prepare_ahead(batches: Iterable[Batch], prepare: Callable[[Batch], Inputs]) -> Iterator[tuple[Batch, Inputs]]:
    """Prepare each batch on a thread while the caller works on the one before; no more than these two are held.

    Yields:
        Each batch with what ``prepare`` made of it, in order; errors of ``prepare`` come out here.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        upcoming = iter(batches)
        for batch in upcoming:
            following = thread.submit(prepare, batch)
            break
        else:
            return
        for later in upcoming:
            inputs = following.result()
            following = thread.submit(prepare, later)
            yield batch, inputs
            del inputs
            batch = later
        yield batch, following.result()
