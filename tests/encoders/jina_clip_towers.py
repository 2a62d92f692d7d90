"""An encoder made of towers that a test has prepared."""

from pathlib import Path

from jina_clip_golden import V2

from encoders.jina_clip.config import read_config
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.pixels import read_pixel_config
from encoders.jina_clip.tokens import ClipTokenizer
from encoders.jina_clip.weights import Towers


def encoder_of(towers: Towers, folder: Path = V2) -> JinaClipEncoder:
    config = read_config(folder)
    return JinaClipEncoder(
        towers,
        config,
        pixels=read_pixel_config(folder, config.vision),
        tokenizer=ClipTokenizer(folder, vocabulary=config.text.vocabulary, max_tokens=512),
        name="tiny",
        geometry="fit",
        max_tokens=512,
    )
