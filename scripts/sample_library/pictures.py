"""Photographs and drawings: what each is, where it comes from, who made it, and how it is saved."""

import bz2
import io
import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sample_library import packages

LONGEST_PX = 800
SKIMAGE, SCIPY, WALLPAPERS, CLIPART = "scikit-image 0.26.0", "scipy 1.9.3", "lomiri-wallpapers-16.04", "openclipart-svg"
CC0, PUBLIC = "CC0", "public domain"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture file; more than one source makes a file of several pages."""

    file: str  # the suffix chooses the format
    sources: tuple[str, ...]  # paths in the package
    package: str
    author: str
    licence: str


PHOTOGRAPHS = (
    Picture("photo-tabby-cat.jpg", ("chelsea.png",), SKIMAGE, "Stéfan van der Walt", CC0),
    Picture("photo-espresso.jpg", ("coffee.png",), SKIMAGE, "Rachel Michetti, Pikolo Espresso Bar", CC0),
    Picture("photo-astronaut.jpg", ("astronaut.png",), SKIMAGE, "NASA (Eileen Collins)", PUBLIC),
    Picture("photo-rocket-at-night.jpg", ("rocket.jpg",), SKIMAGE, "SpaceX", PUBLIC),
    Picture("photo-galaxies.webp", ("hubble_deep_field.jpg",), SKIMAGE, "NASA (Hubble eXtreme Deep Field)", PUBLIC),
    Picture("photo-cameraman.jpg", ("camera.png",), SKIMAGE, "Lav Varshney", CC0),
    Picture("photo-retina.webp", ("retina.jpg",), SKIMAGE, "Mikael Häggström", CC0),
    Picture("photo-brick-wall.jpg", ("brick.png",), SKIMAGE, "CC0Textures", CC0),
    Picture("photo-gravel.jpg", ("gravel.png",), SKIMAGE, "CC0Textures", CC0),
    Picture("photo-raccoon.jpg", ("scipy/misc/face.dat",), SCIPY, "public-domain-image.com", PUBLIC),
    Picture("photo-dandelions.jpg", ("seeding_by_Clements_Engelhardt.jpg",), WALLPAPERS, "Clemens Engelhardt", CC0),
)
ROLLANDIN, GANSON, BUCULEI = "Francesco Rollandin", "Gerald Ganson", "Nicu Buculei"


def _drawing(file: str, author: str, *sources: str) -> Picture:
    return Picture(file, sources, CLIPART, author, PUBLIC)


DRAWINGS = (
    _drawing("penguin.png", "Ralf Stephan", "animals/emperor_penguin_ralf_ste_01"),
    _drawing("owl.png", ROLLANDIN, "animals/birds/gufo_civetta_architetto__01"),
    _drawing("ladybird.png", "vance", "animals/bugs/ladybug_01"),
    _drawing("butterfly.png", "Jonathan Dietrich", "animals/bugs/butterfly_jonathan_dietr_01"),
    _drawing("tiger.png", ROLLANDIN, "animals/mammals/big_cats/tigre04_architetto_franc_01"),
    _drawing("elephant.webp", ROLLANDIN, "animals/mammals/elefante02_architetto_fr_01"),
    _drawing("brown-bear.png", ROLLANDIN, "animals/mammals/bears/orso_architetto_francesc_03"),
    _drawing("beagle.png", GANSON, "animals/mammals/dogs/beagle_copper_ganson"),
    _drawing("snail.webp", ROLLANDIN, "animals/bugs/lumaca_architetto_france_01"),
    _drawing("lobster.png", GANSON, "animals/crawfish1_ganson"),
    _drawing("lighthouse.png", "Matthew Gates", "buildings/lighthouse_matthew_gates_"),
    _drawing("umbrella.png", BUCULEI, "tools/umbrella"),
    _drawing("toadstool.png", BUCULEI, "plants/mushroom"),
    _drawing("violin.png", GANSON, "recreation/music/violin_colour_ganson"),
    _drawing("acoustic-guitar.webp", "Jarno Vasamaa", "recreation/music/guitar_jarno_vasamaa1"),
    _drawing("french-horn.png", GANSON, "recreation/music/french_horn_ganson"),
    _drawing("hammer.png", BUCULEI, "tools/hammer_nicu_buculei_01"),
    _drawing("teapot.png", GANSON, "food/beverages/teapot_ganson"),
    _drawing("hot-dog.png", "Juliane Krug", "food/meats_and_eggs/hot_dog_juliane_krug_r"),
    _drawing("padlock.png", "AJ Ashton", "tools/padlock_aj_ashton_01"),
    _drawing("hiking-boot.webp", "Jarno Vasamaa", "people/clothing/hiking_boot_jarno_vasama_"),
    _drawing("hourglass.gif", ROLLANDIN, "office/clessidra_architetto_fra_01"),
    _drawing("football.bmp", GANSON, "recreation/sports/soccer_ball_ganson"),
    _drawing(
        "fruit-album.tiff",
        BUCULEI,
        "food/fruit/pineapple",
        "food/fruit/strawberry",
        "food/fruit/lemon",
        "food/fruit/banana",
    ),
)


def write_pictures(cache: Path, target: Path) -> None:
    """Fetch the packages into `cache` and save every picture to `target`, both existing folders."""
    folders = {
        SKIMAGE: packages.wheel("scikit-image", "0.26.0", "3.12", cache) / "skimage" / "data",
        SCIPY: packages.wheel("scipy", "1.9.3", "3.10", cache),
        WALLPAPERS: packages.debian_package(WALLPAPERS, cache) / "usr" / "share" / "backgrounds",
        CLIPART: packages.debian_package(CLIPART, cache) / "usr" / "share" / "openclipart" / "svg",
    }
    for picture in PHOTOGRAPHS:
        _save([_photograph(folders[picture.package] / source) for source in picture.sources], target / picture.file)
    for picture in DRAWINGS:
        _save([_draw(folders[CLIPART] / f"{source}.svg") for source in picture.sources], target / picture.file)


def _photograph(path: Path) -> Image.Image:
    if path.suffix == ".dat":  # scipy's raccoon: raw RGB, 1024 by 768, bzip2
        picture = Image.frombytes("RGB", (1024, 768), bz2.decompress(path.read_bytes()))
    else:
        with Image.open(path) as opened:
            picture = opened.convert("L" if opened.mode in ("L", "I;16") else "RGB")
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    return picture


def _draw(path: Path) -> Image.Image:
    """The drawing on transparent ground, cut to what is drawn; needs `rsvg-convert`.

    Raises:
        ValueError: its metadata does not dedicate it to the public domain.
    """
    if "cc/PublicDomain" not in path.read_text(encoding="utf-8"):
        raise ValueError(f"{path} does not say that it is in the public domain; choose another drawing")
    command = ["rsvg-convert", "--keep-aspect-ratio", "--width", "1400", "--height", "1400", str(path)]
    png = subprocess.run(command, check=True, capture_output=True).stdout
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGBA")
    picture = picture.crop(picture.getchannel("A").point(lambda alpha: 255 * (alpha > 8)).getbbox())
    picture.thumbnail((560, 560), Image.Resampling.LANCZOS)
    return picture


def _on_white(picture: Image.Image, longest_px: int, border_px: int = 16) -> Image.Image:
    picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    size = (picture.width + 2 * border_px, picture.height + 2 * border_px)
    ground = Image.new("RGB", size, "white")
    ground.paste(picture, (border_px, border_px), picture)
    return ground


def _save(pages: list[Image.Image], target: Path) -> None:
    first = pages[0]
    match target.suffix:
        case ".jpg":
            first.save(target, quality=84, optimize=True, progressive=True)
        case ".webp":
            first.save(target, quality=84, method=6)
        case ".png":
            first.save(target, optimize=True)
        case ".gif":
            _on_white(first, 320).quantize(64).save(target)
        case ".bmp":
            _on_white(first, 160).quantize(64).save(target)
        case ".tiff":
            sheets = [_on_white(page, 360) for page in pages]
            sheets[0].save(target, save_all=True, append_images=sheets[1:], compression="tiff_adobe_deflate")
