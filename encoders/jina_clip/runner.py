"""Runs batches on a device: one at a time, whichever thread asks, and in smaller parts where memory runs out."""

import logging
from collections.abc import Callable
from threading import Lock

import torch
from torch import Tensor

from encoders.base import EncoderError

_log = logging.getLogger(__name__)

# What allocators other than CUDA's say; they raise a plain RuntimeError.
_OUT_OF_MEMORY = (
    "MPS backend out of memory",
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
)


class Budget:
    """How much one forward pass takes, in pictures or in tokens with their padding.

    Args:
        size: to begin with.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def rows(self, cost: int) -> int:
        """Most inputs that cost so much each in one pass; at least one."""
        return max(1, self.size // cost)

    def shrink(self, rows: int, cost: int) -> None:
        """From now on at most half of what these rows took."""
        self.size = min(self.size, rows // 2 * cost)


class Runner:
    """One model on one device; threads take turns.

    Args:
        device: where the model's weights are.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._lock = Lock()

    def stage(self, inputs: Tensor) -> Tensor:
        """Put an input where its copy to the device does not hold up the program."""
        return inputs.pin_memory() if self._device.type == "cuda" else inputs

    def run(self, forward: Callable[..., Tensor], *inputs: Tensor, budget: Budget, cost: int, unit: str) -> Tensor:
        """Run a batch, in parts if the budget or the memory asks for it.

        Args:
            forward: takes tensors of equally many rows and gives as many.
            inputs: each (B, ...), on the CPU.
            budget: shrinks when memory runs out, and stays so.
            cost: of one row.
            unit: what a row is, for the error.

        Returns:
            (B, ...) in fp32, on the CPU.

        Raises:
            EncoderError: the memory does not suffice for a single row.
        """
        outputs: list[Tensor] = []
        done, rows = 0, len(inputs[0])
        while done < rows:
            part = min(rows - done, budget.rows(cost))
            output = self._attempt(forward, [tensor[done : done + part] for tensor in inputs])
            if output is not None:
                outputs.append(output)
                done += part
            elif part == 1:
                raise EncoderError(f"{self._device} has too little memory for one {unit}: {self._remedy()}")
            else:
                budget.shrink(part, cost)
                _log.warning("%s ran out of memory; from now on %d at once", self._device, budget.size)
        return torch.cat(outputs)

    def _attempt(self, forward: Callable[..., Tensor], inputs: list[Tensor]) -> Tensor | None:
        """None where memory ran out."""
        with self._lock, torch.inference_mode():
            try:
                cuda = self._device.type == "cuda"
                return forward(*(tensor.to(self._device, non_blocking=cuda) for tensor in inputs)).float().cpu()
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
            # Not before the error is gone: it holds the frames, and they hold what filled the memory.
            self._free()
        return None

    def _free(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()

    def _remedy(self) -> str:
        if self._device.type == "cpu":
            return "close other programs, or read less at once (a smaller max_tokens or context)"
        return "close other programs that use it, or load the encoder with device='cpu'"


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in _OUT_OF_MEMORY)
