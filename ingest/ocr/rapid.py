"""RapidOCR: one model for Latin letters, Chinese and Japanese. The only importer of rapidocr.

The models (PP-OCRv6 small, Apache-2.0) lie in its wheel. Others would be fetched at run time, so they are not offered.
"""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ingest.ocr.engine import OcrError, OcrLine

if TYPE_CHECKING:
    from rapidocr import RapidOCR

LEAST_LINE = 0.5  # lines below are no text, as in RapidOCR's own default
DETECTION_PX = 1600  # longest side at which lines are looked for; less costs letters, more only time
_THREADS = 1  # readers run side by side, and two threads are no quicker than one


class RapidEngine:
    """RapidOCR with the models of its wheel; see `ingest.ocr.engine.OcrEngine`."""

    # Measured (docs/ocr.md): scans in letters it knows 0.97 to 0.99, in others at most 0.82.
    least_confidence = 0.87
    good_confidence = 0.93

    @property
    def name(self) -> str:
        """Its version stands for its models'."""
        return f"rapidocr {importlib.metadata.version('rapidocr')}"

    def recognise(self, image: Image.Image) -> list[OcrLine]:
        """The lines of an upright RGB picture; see `OcrEngine`."""
        try:
            found: Any = _model()(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]), text_score=LEAST_LINE)
        except Exception as error:  # whatever ONNX Runtime or OpenCV raise
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
            raise OcrError(f"RapidOCR failed ({reason})") from error
        if found.txts is None:
            return []
        return [
            OcrLine(text.strip(), _box(corners), float(score))
            for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
            if text.strip()
        ]


def is_installed() -> bool:
    """Whether rapidocr and the runtime it needs are there."""
    return all(importlib.util.find_spec(library) for library in ("rapidocr", "onnxruntime"))


def _box(corners: Sequence[Sequence[float]]) -> tuple[float, float, float, float]:
    """Of four corners, clockwise from the top left; a tilted line keeps its height."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    return float(min(x0, x3)), float(y0 + y1) / 2, float(max(x1, x2)), float(y2 + y3) / 2


@cache
def _model() -> "RapidOCR":
    from rapidocr import RapidOCR  # here: it brings OpenCV and ONNX Runtime, and takes half a second

    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.max_side_len": 1 << 16,  # we draw at the size we want
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_PX,
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
