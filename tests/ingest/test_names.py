"""A shown name is one line that says what it says."""

from pathlib import Path

import pytest

from ingest.names import display_name


@pytest.mark.parametrize("name", ["résumé.pdf", "契約書 📄.pdf", "👨‍👩‍👧.png", "می‌خواهم.txt"])
def test_any_script_and_emoji_stay_as_they_are(name):
    assert display_name(Path("folder") / name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two\nlines.pdf", r"two\x0alines.pdf"),
        ("fdp.\u202egnp", r"fdp.\u202egnp"),
        ("caf\udce9.txt", r"caf\xe9.txt"),
        ("\x1b[31mred", r"\x1b[31mred"),
    ],
)
def test_what_misleads_is_spelt_out(name, shown):
    assert display_name(Path(name)) == shown


def test_only_the_last_part_is_shown():
    assert display_name(Path("../../etc/passwd")) == "passwd"


def test_a_path_without_a_last_part_is_shown_whole():
    assert display_name(Path("..")) == ".."
    assert display_name(Path("/")) == "/"
