"""One of our encoders as a model of mteb 2 (Massive Text Embedding Benchmark, Muennighoff et al. 2023)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from mteb.models.model_meta import ModelMeta, ScoringFunction
from mteb.similarity_functions import cos_sim, pairwise_cos_sim
from mteb.types import Array, PromptType

from encoders.base import Embeddings, Encoder, truncate

if TYPE_CHECKING:
    from mteb.abstasks.task_metadata import TaskMetadata

# The text corpora of jina-clip-v2 are those of jina-embeddings-v3 (technical report, section 3.1), whose card names
# these 30.
_JINA_V2_LANGUAGES = (
    "ara-Arab ben-Beng dan-Latn deu-Latn ell-Grek eng-Latn fin-Latn fra-Latn hin-Deva ind-Latn ita-Latn jpn-Jpan "
    "kat-Geor kor-Hang lav-Latn nld-Latn nob-Latn pol-Latn por-Latn ron-Latn rus-Cyrl slk-Latn spa-Latn swe-Latn "
    "tha-Thai tur-Latn ukr-Cyrl urd-Arab vie-Latn zho-Hans"
)
_LANGUAGES = {
    "jina-clip-v2": _JINA_V2_LANGUAGES,
    "jina-clip-v1": "eng-Latn",
    "starter": (
        "ara-Arab deu-Latn eng-Latn fra-Latn ita-Latn jpn-Jpan kor-Hang nld-Latn pol-Latn por-Latn rus-Cyrl spa-Latn "
        "tha-Thai tur-Latn zho-Hans zho-Hant"
    ),
}


class MtebModel:
    """Gives mteb's queries to `encode_queries`, its texts to `encode_texts`, its pictures to `encode_images`.

    Follows mteb's ``EncoderProtocol``, less its constructor, which only mteb's own registry calls.
    """

    def __init__(self, encoder: Encoder, *, size: int | None = None, instructed: bool = True) -> None:
        """Take an encoder as it is.

        Args:
            encoder: pictures go to it whole or cropped, as it was loaded.
            size: a Matryoshka size of the encoder; None is its full one.
            instructed: texts asked as queries get the encoder's instruction; False encodes them as passages, which is
                what mteb's own jina-clip wrapper does.

        Raises:
            ValueError: the encoder has no such size.
        """
        self._encoder = encoder
        self._size = encoder.sizes[-1] if size is None else size
        if self._size not in encoder.sizes:
            raise ValueError(f"{encoder.name} has no size {self._size}, only {', '.join(map(str, encoder.sizes))}")
        self._instructed = instructed
        self._meta = _build_meta(encoder, size=self._size, instructed=instructed)

    @property
    def mteb_model_meta(self) -> ModelMeta:
        """What mteb writes beside the results; name, revision and experiment tell every variant from the others."""
        return self._meta

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: "TaskMetadata",
        hf_split: str,
        hf_subset: str,
        prompt_type: PromptType | None = None,
        **kwargs: Any,
    ) -> Array:
        """Encode what a task gives.

        Args:
            inputs: batches, each with a list of texts under ``text``, of pictures under ``image``, or both.
            task_metadata: mteb's, of no effect here, as are ``hf_split``, ``hf_subset`` and the rest.
            hf_split: see above.
            hf_subset: see above.
            prompt_type: whether these are queries or documents; None where a task knows no such difference.
            **kwargs: see above.

        Returns:
            (N, size) unit rows. An input of a text and a picture gets the middle of the two vectors.

        Raises:
            ValueError: an input has neither text nor picture.
        """
        is_query = self._instructed and prompt_type == PromptType.query
        rows = [self._encode_batch(batch, is_query=is_query) for batch in inputs]
        return np.concatenate([np.empty((0, self._size), dtype=np.float32), *rows])

    def similarity(self, embeddings1: Array, embeddings2: Array) -> Array:
        """Cosine of every row with every other: (N1, N2)."""
        return cos_sim(embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Array, embeddings2: Array) -> Array:
        """Cosine of row with row: (N,)."""
        return pairwise_cos_sim(embeddings1, embeddings2)

    def _encode_batch(self, batch: Mapping[str, Any], *, is_query: bool) -> Embeddings:
        parts: list[Embeddings] = []
        if "text" in batch:
            texts = list(batch["text"])
            parts.append(self._encoder.encode_queries(texts) if is_query else self._encoder.encode_texts(texts))
        if "image" in batch:
            parts.append(self._encoder.encode_images([image.convert("RGB") for image in batch["image"]]))
        if not parts:
            raise ValueError(f"{self._encoder.name} reads texts and pictures; the task gives {', '.join(batch)}")
        return truncate(sum(parts[1:], start=parts[0]), self._size)


def _build_meta(encoder: Encoder, *, size: int, instructed: bool) -> ModelMeta:
    family, _, variant = encoder.name.partition("@")
    languages = _LANGUAGES.get(family)
    return ModelMeta(
        loader=None,
        name=f"polyglance/{family}",
        revision=variant.replace("/", "-"),  # it becomes the name of a folder
        release_date=None,
        languages=languages.split() if languages else None,
        n_parameters=None,
        memory_usage_mb=None,
        max_tokens=encoder.max_tokens,
        embed_dim=size,
        license=None,
        open_weights=True,
        public_training_code=None,
        public_training_data=None,
        framework=["PyTorch"],
        similarity_fn_name=ScoringFunction.COSINE,
        use_instructions=instructed,
        training_datasets=None,
        modalities=["text", "image"],
        experiment_kwargs={"size": size, "instructed": instructed},
    )
