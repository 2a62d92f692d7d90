"""From what the image network sees to the text space: ConSE, and a linear map learnt from public-domain drawings.

ConSE (Norouzi et al. 2014, "Zero-Shot Learning by Convex Combination of Semantic Embeddings") puts a picture at the
mean of its classes' texts, weighted by their probabilities. Three things are added, all made by
``scripts/make_starter_space.py``, which says from what: class probabilities are divided by how often the network sees
the class in drawings of everything (it takes any drawing for a Band Aid); common directions of the class texts are
damped; and a ridge regression from the network's features to captions of Open Clip Art adds what classes cannot say.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from encoders.base import BrokenCheckpoint, Embeddings

PRIOR_POWER = 0.75
DRAWING_WEIGHT = 0.3

_DATA = Path(__file__).parent / "data"
ROTATION_FILE = _DATA / "starter_rotation.npz"
PICTURES_FILE = _DATA / "starter_pictures.npz"


@dataclass(frozen=True, slots=True)
class PictureSpace:
    """Maps features and logits to unit vectors in the unrotated text space."""

    classes: Embeddings  # (1000, 512), one row per ImageNet class; rows need not be of unit length
    log_prior: Embeddings  # (1000,), of each class over drawings of everything
    drawings: Embeddings  # (F, 512), ridge regression from features to captions
    offset: Embeddings  # (512,), its constant

    def project(self, features: Embeddings, logits: Embeddings) -> Embeddings:
        """Place pictures among the texts.

        Args:
            features: (N, F).
            logits: (N, 1000).

        Returns:
            (N, 512) unit rows.
        """
        named = to_unit(softmax(logits - PRIOR_POWER * self.log_prior) @ self.classes)
        drawn = to_unit(features @ self.drawings + self.offset)
        return to_unit(named + DRAWING_WEIGHT * drawn)

    @classmethod
    def read(cls, path: Path = PICTURES_FILE) -> Self:
        """Read the file the script wrote.

        Raises:
            BrokenCheckpoint: the file is missing or damaged.
        """
        parts = _read(path, "classes", "classes_scale", "log_prior", "drawings", "drawings_scale", "offset")
        classes, classes_scale, log_prior, drawings, drawings_scale, offset = parts
        return cls(classes * classes_scale, log_prior, drawings * drawings_scale, offset)


def read_rotation(path: Path = ROTATION_FILE) -> Embeddings:
    """Read the orthogonal matrix that puts what varies most first: (512, 512), applied as ``rows @ rotation``.

    Raises:
        BrokenCheckpoint: the file is missing or damaged.
    """
    (stored,) = _read(path, "rotation")
    exact = stored.astype(np.float64)
    for _ in range(2):  # Newton-Schulz: squares the distance to orthogonal, 1e-3 after rounding to half floats
        exact = exact @ (1.5 * np.eye(len(exact)) - 0.5 * exact.T @ exact)
    return exact.astype(np.float32)


def softmax(logits: Embeddings) -> Embeddings:
    """Probabilities, row by row: (N, C)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Embeddings = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def to_unit(rows: Embeddings) -> Embeddings:
    """Bring rows to unit length; none may be zero."""
    unit: Embeddings = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _read(path: Path, *names: str) -> list[npt.NDArray[np.float32]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name].astype(np.float32) for name in names]
    except Exception as error:  # a damaged archive fails in zipfile, zlib, numpy's header parser or a key
        raise BrokenCheckpoint(f"{path} cannot be read ({type(error).__name__}); reinstall polyglance") from error
