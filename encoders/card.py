"""The sample in the model card of jina-clip-v2: its figures, and how to come by its two pictures."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from urllib.request import Request, urlopen

from PIL import Image

from encoders.base import EncoderError

# All from the JavaScript sample in the model card of jinaai/jina-clip-v2: the query with its instruction, sentences
# without, pictures with the short side to 512 and the middle square.
MODEL = "jina-clip-v2"
PICTURES = ("https://i.ibb.co/nQNGqL0/beach1.jpg", "https://i.ibb.co/r5w8hG8/beach2.jpg")
QUERY = "beautiful sunset over the beach"
SENTENCES = {
    "Arabic": ("غروب جميل على الشاطئ", 0.5567),
    "Chinese": ("海滩上美丽的日落", 0.7028),
    "French": ("Un beau coucher de soleil sur la plage", 0.5823),
    "German": ("Ein wunderschöner Sonnenuntergang am Strand", 0.6648),
    "Greek": ("Ένα όμορφο ηλιοβασίλεμα πάνω από την παραλία", 0.5462),
    "Hindi": ("समुद्र तट पर एक खूबसूरत सूर्यास्त", 0.6792),
    "Italian": ("Un bellissimo tramonto sulla spiaggia", 0.6192),
    "Japanese": ("浜辺に沈む美しい夕日", 0.6259),
    "Korean": ("해변 위로 아름다운 일몰", 0.6454),
}
QUERY_PICTURES = (0.2953, 0.3184)
PICTURE_PICTURE = 0.9344
# The card computed with 4-bit weights (q4: blocks of 32, matrix products only). The same rounding done to another
# real sentence encoder (Universal Sentence Encoder, 91 pairs) moved similarities by 0.019 in standard deviation and
# 0.064 at most; 0.06 is about three of these. Nobody has seen the card's pairs at full precision.
TOLERANCE = 0.06

_TIMEOUT_S = 10
_LARGEST_PICTURE = 20_000_000  # bytes
_FORMATS = ("JPEG", "PNG", "WEBP")


class PicturesMissing(EncoderError):
    """The card's two pictures cannot be had, or what was given is not two pictures."""


def read_pictures(paths: Sequence[Path]) -> list[Image.Image]:
    """Open the card's two pictures from files; raises PicturesMissing where they are not two JPEG, PNG or WebP."""
    if len(paths) != len(PICTURES):
        raise PicturesMissing(
            f"The self-test needs the model card's two pictures, in its order; {len(paths)} given: "
            f"get {' and '.join(PICTURES)}"
        )
    try:
        return [_open(path.read_bytes(), str(path)) for path in paths]
    except OSError as error:
        raise PicturesMissing(f"The picture cannot be read: {error}") from error


def fetch_pictures(addresses: Sequence[str] = PICTURES) -> list[Image.Image]:
    """Fetch the card's two pictures; raises PicturesMissing, with what to do by hand, where that fails."""
    from huggingface_hub.constants import is_offline_mode

    if is_offline_mode():
        raise PicturesMissing(f"HF_HUB_OFFLINE is set, so the card's pictures were not fetched. {_by_hand(addresses)}")
    try:
        return [_open(_fetch(address), address) for address in addresses]
    except PicturesMissing as error:
        raise PicturesMissing(f"{error} {_by_hand(addresses)}") from error


def _by_hand(addresses: Sequence[str]) -> str:
    return (
        f"By hand: save {' and '.join(addresses)} (or the two pictures that the model card names today), then run "
        "`polyglance encoders --check --image FIRST --image SECOND`."
    )


def _fetch(address: str) -> bytes:
    request = Request(address, headers={"User-Agent": "polyglance"})
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as response:
            content: bytes = response.read(_LARGEST_PICTURE + 1)
    except OSError as error:  # URLError and timeouts among them
        raise PicturesMissing(f"{address} could not be fetched ({error}).") from error
    if len(content) > _LARGEST_PICTURE:
        raise PicturesMissing(f"{address} is larger than {_LARGEST_PICTURE:,} bytes, which the card's picture is not.")
    return content


def _open(content: bytes, name: str) -> Image.Image:
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PicturesMissing(f"{name} is not a picture in {', '.join(_FORMATS)}.") from error
