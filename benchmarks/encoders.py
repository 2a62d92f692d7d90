"""Speed of the jina-clip encoder beside the same modules called in the usual ways, in one process.

    python benchmarks/encoders.py [--checkpoint DIR] [--device auto] [--dtype auto] [--quick]

Without a checkpoint one of full size with random weights is made in a temporary folder (1.7 GB) and deleted again.
Three sides take turns, round by round; that they give the same vectors is checked first.

* ours: `JinaClipEncoder`, as the product uses it.
* plain loop: our modules in fp32, batch by batch in the order given, padded to the longest text of the batch, each
  picture opened and brought to size in between.
* sentence-transformers: its `encode`, with mean pooling, over the same text tower in our precision.

Needs: `uv pip install --group bench`. On 2 CPU cores --quick takes about 3 minutes, the whole about 10.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else this script would hide the package of its name

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from torch import Tensor
from torch.nn.functional import normalize
from transformers import JinaEmbeddingsV3Config, JinaEmbeddingsV3Model, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

from encoders.base import Embeddings
from encoders.jina_clip.config import ClipConfig, read_config
from encoders.jina_clip.device import choose_device, choose_dtype
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.files import TOKENIZER, WEIGHTS
from encoders.jina_clip.pixels import read_pixel_config, to_pixels
from encoders.jina_clip.text import TextTower
from encoders.jina_clip.tokens import ClipTokenizer
from encoders.jina_clip.weights import load_towers

OURS, PLAIN, LIBRARY = "ours", "plain loop", "sentence-transformers"
MAX_TOKENS = 512
SAME = 0.999  # least cosine between two sides' vectors of one input
MAKER = Path(__file__).parents[1] / "tests" / "encoders" / "jina_clip_full_size.py"
LENGTHS = statistics.NormalDist(math.log(110), 0.7)  # of the logarithm of a text's tokens
PICTURE = (1240, 1754)  # pixels: A4 at 150 dpi
WORDS = [
    "sea",
    "harbour",
    "Leuchtturm",
    "phare",
    "faro",
    "灯台",
    "маяк",
    "light",
    "at",
    "the",
    "end",
    "of",
    "a",
    "road",
]


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is measured."""

    rounds: int
    images: int
    chunks: int
    texts: int
    batch: int  # texts, of the other two sides
    image_batch: int  # of the plain loop
    matrix: int  # side of the square matrices whose product gives the device's peak


AMOUNTS = {
    ("cpu", True): Amounts(rounds=1, images=2, chunks=4, texts=32, batch=16, image_batch=4, matrix=4096),
    ("cpu", False): Amounts(rounds=3, images=4, chunks=8, texts=48, batch=16, image_batch=4, matrix=4096),
    ("gpu", True): Amounts(rounds=3, images=64, chunks=256, texts=1024, batch=32, image_batch=32, matrix=8192),
    ("gpu", False): Amounts(rounds=5, images=256, chunks=1024, texts=4096, batch=32, image_batch=32, matrix=8192),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What every side encodes."""

    images: list[Path]
    chunks: list[str]  # each longer than is read
    texts: list[str]  # of mixed length


@dataclass(frozen=True, slots=True)
class Workload:
    """One line of the table; all sides encode the same."""

    name: str
    items: int
    flops: float  # of all items, padding not counted
    sides: dict[str, Callable[[], Embeddings]]
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def rate(self, side: str) -> float:
        """Items a second, median of the rounds."""
        return self.items / statistics.median(self.seconds[side])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, help="a folder in the official layout")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--dtype", choices=("auto", "float32", "bfloat16", "float16"), default="auto")
    parser.add_argument("--quick", action="store_true", help="smaller sets; one round on a CPU, three elsewhere")
    parser.add_argument("--start", action="store_true", help=argparse.SUPPRESS)  # a child process
    options = parser.parse_args()
    if options.start:
        print(json.dumps(measure_start(options)))
        return
    with checkpoint(options.checkpoint) as options.checkpoint:
        measure(options)


@contextmanager
def checkpoint(folder: Path | None) -> Iterator[Path]:
    """The given folder, or a random checkpoint for as long as it is needed."""
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory() as made:
        # In a process of its own, whose memory is not counted as ours.
        subprocess.run([sys.executable, str(MAKER), made], check=True)
        yield Path(made)


def measure(options: argparse.Namespace) -> None:
    """Print all figures of one checkpoint on one device."""
    folder, device = options.checkpoint, choose_device(options.device)
    dtype = choose_dtype(options.dtype, device)
    amounts = AMOUNTS["cpu" if device.type == "cpu" else "gpu", options.quick]
    print(f"{describe(device)}, {dtype}, torch {torch.__version__}, Python {platform.python_version()}")
    starts = [start_process(options) for _ in range(amounts.rounds)]
    encoder = load(options)
    with tempfile.TemporaryDirectory() as pictures:
        inputs = make_inputs(amounts, Path(pictures), encoder)
        encoder.encode_texts(inputs.chunks)
        encoder.encode_images(open_all(inputs.images))
        memory = peak_mib(device)
        sides = OtherSides(folder, device, dtype, amounts)
        check_equal(encoder, sides, inputs)
        workloads = plan(encoder, sides, read_config(folder), inputs)
        peaks = [run_round(workloads, number, device, dtype, amounts.matrix) for number in range(amounts.rounds)]
    print_table(workloads, statistics.median(peaks), amounts)
    parts = {part: statistics.median(start[part] for start in starts) for part in starts[0]}
    print("\ncold start: " + ", ".join(f"{part} {seconds:.1f} s" for part, seconds in parts.items()))
    print(f"peak memory: {memory:,.0f} MiB, our side alone, after the pictures and the chunks")


def describe(device: torch.device) -> str:
    """Name and size of the device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = platform.processor() or platform.machine()
    if (cpu := Path("/proc/cpuinfo")).exists():
        model = next((line.split(":")[1].strip() for line in cpu.read_text().splitlines() if "model name" in line), "")
    return f"{device.type}: {model}, {os.cpu_count()} cores, {torch.get_num_threads()} threads"


def load(options: argparse.Namespace) -> JinaClipEncoder:
    """Our side."""
    return JinaClipEncoder.load(
        options.checkpoint, geometry="fit", device=options.device, dtype=options.dtype, max_tokens=MAX_TOKENS
    )


# Inputs.


def make_inputs(amounts: Amounts, folder: Path, encoder: JinaClipEncoder) -> Inputs:
    """Seeded: the same at every call. Pictures go into the folder."""
    generator = np.random.default_rng(0)
    images = [make_image(folder / f"{number}.jpg", generator) for number in range(amounts.images)]
    words = [list(generator.choice(WORDS, MAX_TOKENS)) for _ in range(max(amounts.chunks, amounts.texts))]
    # Quantiles of a log-normal distribution, shuffled: few texts have the same spread as many.
    shares = (generator.permutation(amounts.texts) + 0.5) / amounts.texts
    lengths = [math.exp(LENGTHS.inv_cdf(share)) for share in shares.tolist()]
    texts = [cut(encoder, row, min(max(length, 20), MAX_TOKENS)) for row, length in zip(words, lengths, strict=False)]
    found = np.array([encoder.count_tokens(text) + 2 for text in texts])
    low, middle, high = np.percentile(found, [10, 50, 90]).round()
    print(
        f"{len(texts)} mixed-length texts: {found.min()} to {found.max()} tokens, mean {found.mean():.0f}, "
        f"deciles 1, 5 and 9: {low:.0f}, {middle:.0f}, {high:.0f}"
    )
    return Inputs(images, [" ".join(row) for row in words[: amounts.chunks]], texts)


def make_image(path: Path, generator: np.random.Generator) -> Path:
    """A page-sized JPEG of soft shapes."""
    pixels = generator.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize(PICTURE, Image.Resampling.BICUBIC).save(path, quality=90)
    return path


def cut(encoder: JinaClipEncoder, words: Sequence[str], tokens: float) -> str:
    """As many words as ``tokens``, the two special ones included, have room for."""
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        fits = encoder.count_tokens(" ".join(words[:middle])) + 2 <= tokens
        low, high = (middle, high) if fits else (low, middle - 1)
    return " ".join(words[:low])


def open_all(paths: Sequence[Path]) -> list[Image.Image]:
    """Opened, not decoded: that is part of what is measured."""
    return [Image.open(path) for path in paths]


# The other two sides.


class OtherSides:
    """The plain loop and sentence-transformers over towers of their own.

    Args:
        folder: the checkpoint.
        device: of all sides.
        dtype: ours, and sentence-transformers'; the plain loop is fp32.
        amounts: give the batches.
    """

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype, amounts: Amounts) -> None:
        config = read_config(folder)
        self._device, self._amounts = device, amounts
        self._pad_id = config.text.pad_id
        self._pixels = read_pixel_config(folder, config.vision)
        self._tokenizer = ClipTokenizer(folder, vocabulary=config.text.vocabulary, max_tokens=MAX_TOKENS)
        self._towers = load_towers(folder, config, device=device, dtype=torch.float32)
        same = dtype == torch.float32
        towers = self._towers if same else load_towers(folder, config, device=device, dtype=dtype)
        self._library = sentence_transformer(towers.text, folder, config, device)

    @torch.inference_mode()
    def plain_images(self, paths: Sequence[Path]) -> Embeddings:
        """The plain loop over pictures."""
        rows = []
        for start in range(0, len(paths), self._amounts.image_batch):
            batch = open_all(paths[start : start + self._amounts.image_batch])
            pixels = np.stack([to_pixels(image, self._pixels, "fit") for image in batch])
            rows.append(self._unit(self._towers.vision(torch.from_numpy(pixels).to(self._device))))
        return np.concatenate(rows)

    @torch.inference_mode()
    def plain_texts(self, texts: Sequence[str]) -> Embeddings:
        """The plain loop over texts."""
        rows = []
        for start in range(0, len(texts), self._amounts.batch):
            batch = self._tokenizer.encode(texts[start : start + self._amounts.batch])
            longest = max(map(len, batch))
            ids = torch.tensor([row + [self._pad_id] * (longest - len(row)) for row in batch])
            rows.append(self._unit(self._towers.text(ids.to(self._device))))
        return np.concatenate(rows)

    def library_texts(self, texts: Sequence[str]) -> Embeddings:
        """sentence-transformers over texts."""
        rows: Embeddings = self._library.encode(list(texts), batch_size=self._amounts.batch, show_progress_bar=False)
        return rows.astype(np.float32)

    def _unit(self, features: Tensor) -> Embeddings:
        rows: Embeddings = normalize(features.float(), dim=-1).cpu().numpy()
        return rows


def sentence_transformer(
    tower: TextTower, folder: Path, config: ClipConfig, device: torch.device
) -> SentenceTransformer:
    """sentence-transformers' own modules around our tower's model, so that weights are held once."""
    disable_progress_bar()  # type: ignore[no-untyped-call]
    tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / TOKENIZER), pad_token="<pad>", model_max_length=MAX_TOKENS
    )
    small = JinaEmbeddingsV3Config(
        vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    with tempfile.TemporaryDirectory() as template:
        JinaEmbeddingsV3Model(small).save_pretrained(template)
        tokenizer.save_pretrained(template)
        transformer = Transformer(template, max_seq_length=MAX_TOKENS)
    transformer.model = tower.model
    modules = [transformer, Pooling(config.text.width, "mean"), Normalize()]
    return SentenceTransformer(modules=modules, device=str(device))


# Measuring.


def plan(encoder: JinaClipEncoder, sides: OtherSides, config: ClipConfig, inputs: Inputs) -> list[Workload]:
    """The lines of the table."""
    lengths = [encoder.count_tokens(text) + 2 for text in inputs.texts]
    images = Workload(
        "images/s",
        len(inputs.images),
        len(inputs.images) * image_flops(config),
        {
            OURS: lambda: encoder.encode_images(open_all(inputs.images)),
            PLAIN: lambda: sides.plain_images(inputs.images),
        },
    )
    return [
        images,
        plan_texts("512-token chunks/s", encoder, sides, inputs.chunks, config, [MAX_TOKENS] * len(inputs.chunks)),
        plan_texts("mixed-length texts/s", encoder, sides, inputs.texts, config, lengths),
    ]


def plan_texts(
    name: str,
    encoder: JinaClipEncoder,
    sides: OtherSides,
    texts: list[str],
    config: ClipConfig,
    lengths: Sequence[int],
) -> Workload:
    """One line about texts of these lengths in tokens."""
    flops = sum(text_flops(config, length) for length in lengths)
    functions: dict[str, Callable[[], Embeddings]] = {
        OURS: lambda: encoder.encode_texts(texts),
        PLAIN: lambda: sides.plain_texts(texts),
        LIBRARY: lambda: sides.library_texts(texts),
    }
    return Workload(name, len(texts), flops, functions)


def image_flops(config: ClipConfig) -> float:
    """Of one picture's matrix products: 0.95e12 for jina-clip-v2, a sixth of it attention."""
    vision = config.vision
    tokens = vision.grid**2 + 1
    hidden = int(vision.width * vision.mlp_ratio)
    weights = vision.layers * (4 * vision.width**2 + 3 * vision.width * hidden)
    patches = vision.grid**2 * 3 * vision.patch_size**2 * vision.width
    return 2 * (tokens * weights + patches) + attention_flops(vision.layers, vision.width, tokens)


def text_flops(config: ClipConfig, tokens: int) -> float:
    """Of one text's matrix products: 0.34e12 for 512 tokens and jina-clip-v2, a thirteenth of it attention."""
    text = config.text
    weights = text.layers * (4 * text.width**2 + 2 * text.width * text.mlp_width)
    return 2 * tokens * weights + attention_flops(text.layers, text.width, tokens)


def attention_flops(layers: int, width: int, tokens: int) -> float:
    """Of scores and mixing, two products of (T, T) by D."""
    return 2 * 2 * layers * width * tokens**2


def check_equal(encoder: JinaClipEncoder, sides: OtherSides, inputs: Inputs) -> None:
    """Every side must give our vectors, or its speed says nothing; it warms them up as well."""
    texts, images = sorted(inputs.texts, key=len)[:4], inputs.images[:1]
    rows, pictures = encoder.encode_texts(texts), encoder.encode_images(open_all(images))
    found = {
        "plain loop, texts": (rows * sides.plain_texts(texts)).sum(axis=1).min(),
        "sentence-transformers": (rows * sides.library_texts(texts)).sum(axis=1).min(),
        "plain loop, pictures": (pictures * sides.plain_images(images)).sum(axis=1).min(),
    }
    for side, cosine in found.items():
        if cosine < SAME:
            raise SystemExit(f"{side}: the cosine to our vectors is {cosine:.4f}, at least {SAME} is needed")


def run_round(
    workloads: Sequence[Workload], number: int, device: torch.device, dtype: torch.dtype, matrix: int
) -> float:
    """Time every side once, another one first in each round; returns the peak in FLOP/s as it is at this time."""
    peak = matmul_peak(device, dtype, matrix)
    for workload in workloads:
        names = list(workload.sides)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            started = time.perf_counter()
            workload.sides[name]()
            workload.seconds.setdefault(name, []).append(time.perf_counter() - started)
    return peak


def matmul_peak(device: torch.device, dtype: torch.dtype, side: int) -> float:
    """FLOP/s of large square matrix products, the best of ten."""
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    seconds = []
    for _ in range(10):
        synchronize(device)
        started = time.perf_counter()
        left @ right
        synchronize(device)
        seconds.append(time.perf_counter() - started)
    return float(2 * side**3 / min(seconds))


def synchronize(device: torch.device) -> None:
    """Wait for what the device was given to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def peak_mib(device: torch.device) -> float:
    """Most memory this process has had, on the device where that has its own."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def start_process(options: argparse.Namespace) -> dict[str, float]:
    """Load the model in a fresh process, from the file cache."""
    (options.checkpoint / WEIGHTS).read_bytes()
    command = [sys.executable, __file__, "--start", "--checkpoint", str(options.checkpoint)]
    command += ["--device", options.device, "--dtype", options.dtype]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds: dict[str, float] = json.loads(output.splitlines()[-1])
    return seconds


def measure_start(options: argparse.Namespace) -> dict[str, float]:
    """In the child."""
    started = time.perf_counter()
    encoder = load(options)
    loaded = time.perf_counter()
    encoder.encode_queries(["lighthouse"])
    return {"model load": loaded - started, "first query": time.perf_counter() - loaded}


def print_table(workloads: Sequence[Workload], peak: float, amounts: Amounts) -> None:
    """Rates, ratios and the share of the device's peak."""
    print(f"matmul peak: {peak / 1e12:.3g} TFLOP/s; medians of {amounts.rounds} rounds, batches of {amounts.batch}\n")
    print(f"| | {OURS} | {PLAIN} | times | {LIBRARY} | times | share of peak |\n|---|---|---|---|---|---|---|")
    for workload in workloads:
        ours = workload.rate(OURS)
        cells = [workload.name, f"{ours:.3g}"]
        for other in (PLAIN, LIBRARY):
            rate = workload.rate(other) if other in workload.sides else None
            cells += [f"{rate:.3g}", f"{ours / rate:.2f}"] if rate else ["", ""]
        cells.append(f"{ours * workload.flops / workload.items / peak:.0%}")
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
