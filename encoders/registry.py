"""Which encoders there are, which one is used and why. Imports no torch until one is loaded."""

from dataclasses import dataclass
from pathlib import Path

from encoders.base import BrokenCheckpoint, Encoder, EncoderError, UnknownEncoder
from encoders.download import RELEASES
from encoders.jina_clip.config import read_config
from encoders.jina_clip.files import check_complete, is_complete

AUTO = "auto"
STARTER = "starter"
JINA_V2 = "jina-clip-v2"
JINA_V1 = "jina-clip-v1"

_REPOSITORIES = {JINA_V2: "jinaai/jina-clip-v2", JINA_V1: "jinaai/jina-clip-v1"}
_UPGRADE = f"polyglance download {JINA_V2}"
_CAN = {
    STARTER: (
        "finds text by meaning in 16 languages (ar de en es fr it ja ko nl pl pt ru th tr zh zh-TW) and "
        "pictures of everyday things; small, needs no GPU and no download"
    ),
    JINA_V2: (
        "finds text in the 30 languages it was trained on and more, pictures and pages by what they show, "
        "all in one space; sizes 64 to 1024; weights CC BY-NC 4.0 (not for commercial use)"
    ),
    JINA_V1: "finds English text, and pictures by what they show, in one space; 768 numbers a vector",
}
_CANNOT = {
    STARTER: (
        "knows pictures only as 1,000 everyday objects and simple drawings: weak on pictures of pages, "
        "blind to fine detail and to writing in a picture"
    ),
    JINA_V2: "slow without a GPU: seconds for each picture or page",
    JINA_V1: "knows no language but English well, and was trained on pictures of 224 pixels",
}


@dataclass(frozen=True, slots=True)
class EncoderStatus:
    """One row of ``polyglance encoders``."""

    name: str
    available: bool
    active: bool
    reason: str  # why it is active, or available, or not
    can: str
    cannot: str
    upgrade: str | None  # the command that gets it or something better; None where nothing is to be done


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder a choice stands for."""

    name: str
    checkpoint: Path | None  # None for the starter, whose weights come with its packages
    reason: str


def choose(choice: str, *, models: Path) -> Choice:
    """Settle which encoder ``choice`` means on this machine, loading nothing.

    Args:
        choice: ``auto``, ``starter``, ``jina-clip-v2``, ``jina-clip-v1`` or the folder of a checkpoint.
        models: folder where ``polyglance download`` puts checkpoints.

    Raises:
        UnknownEncoder: there is no such encoder or folder, or its weights are not on this machine.
        BrokenCheckpoint: the folder is there but is no usable checkpoint.
    """
    if choice == STARTER:
        return Choice(STARTER, None, "asked for")
    if choice == AUTO:
        return _choose_best(models)
    if choice in _REPOSITORIES:
        found = _find_checkpoint(choice, models)
        if found is None:
            raise UnknownEncoder(f"{choice} is not on this machine: {_how_to_get(choice, models)}")
        return Choice(choice, found, f"asked for; found in {found}")
    return _choose_folder(choice)


def _choose_best(models: Path) -> Choice:
    found = _find_checkpoint(JINA_V2, models)
    if found is not None:
        return Choice(JINA_V2, found, f"the best there is here; found in {found}")
    why = f"{JINA_V2} is not on this machine"
    if (models / JINA_V2).is_dir():
        try:
            check_complete(models / JINA_V2)
        except BrokenCheckpoint as error:
            why = f"{JINA_V2} is damaged ({error})"
    return Choice(STARTER, None, f"{why}, so the starter is used; `{_UPGRADE}` gets it")


def _choose_folder(choice: str) -> Choice:
    folder = Path(choice).expanduser()
    if not folder.is_dir():
        names = ", ".join((AUTO, STARTER, *_REPOSITORIES))
        raise UnknownEncoder(f"no encoder is named {choice!r} and no folder lies there; choose {names}, or a folder")
    check_complete(folder)
    return Choice(read_config(folder).family, folder.resolve(), f"asked for by its folder {folder}")


def list_encoders(choice: str = AUTO, *, models: Path) -> list[EncoderStatus]:
    """Every encoder, best first, with the one that ``choice`` stands for marked active; takes milliseconds.

    A choice that cannot be met leaves none active; `choose` says why.
    """
    try:
        chosen = choose(choice, models=models)
    except (UnknownEncoder, BrokenCheckpoint):
        chosen = None
    rows = [_jina_status(name, chosen, models) for name in _REPOSITORIES]
    return [*rows, _starter_status(chosen, upgrade=rows[0].upgrade)]


def _jina_status(name: str, chosen: Choice | None, models: Path) -> EncoderStatus:
    active = chosen is not None and chosen.name == name
    found = chosen.checkpoint if active and chosen else _find_checkpoint(name, models)
    if active and chosen:
        reason = chosen.reason
    else:
        reason = f"found in {found}" if found else f"not on this machine: {_how_to_get(name, models)}"
    upgrade = _UPGRADE if found is None and name in RELEASES else None
    return EncoderStatus(name, found is not None, active, reason, _CAN[name], _CANNOT[name], upgrade)


def _starter_status(chosen: Choice | None, *, upgrade: str | None) -> EncoderStatus:
    active = chosen is not None and chosen.name == STARTER
    reason = chosen.reason if active and chosen else "always there: its weights come with its packages"
    return EncoderStatus(STARTER, True, active, reason, _CAN[STARTER], _CANNOT[STARTER], upgrade)


def load_encoder(
    choice: str = AUTO,
    *,
    models: Path,
    threads: int | None = None,
    crops: bool = False,
    max_tokens: int | None = None,
    compiled: bool = False,
) -> Encoder:
    """Load the encoder that ``choice`` stands for.

    Args:
        choice: see `choose`.
        models: folder where ``polyglance download`` puts checkpoints.
        threads: CPU threads; None leaves it to the encoder.
        crops: pictures lose what lies outside their middle square, as jina-clip was trained, in place of being
            letterboxed; the starter letterboxes always.
        max_tokens: how much of a text is read, as far as the model goes; None: as much as it is best at.
        compiled: compile jina-clip's towers, which takes minutes once and pays on a GPU.

    Raises:
        UnknownEncoder: see `choose`.
        BrokenCheckpoint: the checkpoint's files do not fit together.
        EncoderError: the encoder reads texts of one length only.
    """
    chosen = choose(choice, models=models)
    if chosen.checkpoint is None:
        from encoders.starter import StarterEncoder

        if max_tokens is not None:
            raise EncoderError("the starter encoder reads as much of a text as it can: leave --max-tokens out")

        return StarterEncoder() if threads is None else StarterEncoder(threads=threads)
    from encoders.jina_clip.encoder import MAX_TOKENS, JinaClipEncoder

    return JinaClipEncoder.load(
        chosen.checkpoint,
        geometry="crop" if crops else "fit",
        max_tokens=max_tokens or MAX_TOKENS,
        threads=threads,
        compiled=compiled,
    )


def _find_checkpoint(name: str, models: Path) -> Path | None:
    """The folder of a complete checkpoint: downloaded by us, else in the Hugging Face cache."""
    return next((folder for folder in [models / name, *_cached_snapshots(name)] if is_complete(folder)), None)


def _cached_snapshots(name: str) -> list[Path]:
    """Snapshots in the Hugging Face cache, the pinned revision first."""
    # Only the constants: they know the cache's place in 0.03 s, the rest of the library takes 0.3 s.
    from huggingface_hub.constants import HF_HUB_CACHE

    snapshots = Path(HF_HUB_CACHE) / f"models--{_REPOSITORIES[name].replace('/', '--')}" / "snapshots"
    pinned = RELEASES[name].revision if name in RELEASES else ""
    return sorted(snapshots.glob("*"), key=lambda folder: (folder.name != pinned, folder.name))


def _how_to_get(name: str, models: Path) -> str:
    by_hand = f"copy the files of {_REPOSITORIES[name]} to {models / name}"
    return f"run `{_UPGRADE}`, or {by_hand}" if name in RELEASES else by_hand
