"""The README's Python example runs as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent

CHECKS = """
assert (hits[0].document, hits[0].page) == ("warranty.txt", 1)
assert "[1] warranty.txt, page 1" in messages[-1].text
assert similar[0].document == "photo.jpg"
library.close()
"""


def test_the_example_finds_quotes_and_compares(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "warranty.txt").write_text("The warranty lasts two years from the day of purchase.")
    (documents / "bread.txt").write_text("Bake the bread for forty minutes.")
    for folder in (tmp_path, documents):
        Image.linear_gradient("L").resize((90, 60)).save(folder / "photo.jpg")

    command = [sys.executable, "-c", example + CHECKS]
    environment = os.environ | {"POLYGLANCE_MODELS": str(tmp_path / "models"), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
