"""ZIP archives: what they hold is added, and nothing they do harms the machine."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from ingest.archives import Expanded, expand, expand_archives
from ingest.collect import collect
from ingest.errors import DocumentTooLarge, NothingToAdd, UnreadableDocument
from ingest.formats import sniff
from ingest.limits import Limits


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture
def expanded(tmp_path):
    def expanded(content: bytes, **limits: int) -> Expanded:
        path = tmp_path / "papers.zip"
        path.write_bytes(content)
        return expand(path, tmp_path / "into", Limits(**limits))

    return expanded


def reasons(result: Expanded) -> dict[str, str]:
    return {one.name: str(one.error) for one in result.rejected}


def test_members_are_unpacked_under_names_of_our_own(expanded, tmp_path):
    result = expanded(zipped({"2019/a.txt": b"first", "2019/b.md": b"# second", "tool.exe": b"MZ\x00\x01"}))

    assert [member.name for member in result.members] == ["papers.zip/2019/a.txt", "papers.zip/2019/b.md"]
    assert [member.path.read_bytes() for member in result.members] == [b"first", b"# second"]
    assert [member.path.suffix for member in result.members] == [".txt", ".md"]
    assert {member.path.parent for member in result.members} == {tmp_path / "into"}
    assert {member.archive for member in result.members} == {tmp_path / "papers.zip"}
    assert result.skipped == ("papers.zip/tool.exe",)
    assert result.rejected == ()


def test_the_same_archive_unpacks_to_the_same_paths(expanded):
    content = zipped({"a.txt": b"first", "b.zip": zipped({"c.txt": b"second"})})

    assert expanded(content) == expanded(content)


def test_archives_in_archives_are_unpacked(expanded):
    inner = zipped({"deep/c.txt": b"words"})

    result = expanded(zipped({"a.txt": b"words", "more.zip": inner}))

    assert [member.name for member in result.members] == ["papers.zip/a.txt", "papers.zip/more.zip/deep/c.txt"]


def test_one_nested_too_deep_is_left_out(expanded):
    content = zipped({"core.txt": b"words"})
    for depth in range(3):
        content = zipped({f"{depth}.zip": content, f"{depth}.txt": b"words"})

    result = expanded(content)

    assert [member.name.rsplit("/", 1)[1] for member in result.members] == ["0.txt", "1.txt", "2.txt"]
    assert list(reasons(result)) == ["papers.zip/2.zip/1.zip/0.zip"]
    assert "too deep: unpack it" in reasons(result)["papers.zip/2.zip/1.zip/0.zip"]


def test_a_bad_member_does_not_stop_the_others(expanded):
    content = bytearray(zipped({"a.txt": b"first words", "b.txt": b"other words"}, zipfile.ZIP_STORED))
    content[content.index(b"first")] ^= 1

    result = expanded(bytes(content))

    assert [member.name for member in result.members] == ["papers.zip/b.txt"]
    assert "papers.zip/a.txt is damaged in its archive" in reasons(result)["papers.zip/a.txt"]


def test_a_member_that_is_not_what_its_name_promises_is_named_by_its_own_name(expanded):
    result = expanded(zipped({"a.txt": b"words", "scan.pdf": b"\x00\x01\x02", "empty.png": b""}))

    assert reasons(result)["papers.zip/scan.pdf"].startswith("papers.zip/scan.pdf is of no known type")
    assert reasons(result)["papers.zip/empty.png"].startswith("papers.zip/empty.png is empty")


@pytest.mark.parametrize(
    "name", ["../../evil.txt", "/etc/evil.txt", "C:/evil.txt", "c:evil.txt", "..\\evil.txt", "a/../../evil.txt"]
)
def test_a_path_that_leads_out_is_refused(expanded, tmp_path, name):
    before = set(tmp_path.parent.iterdir())

    result = expanded(zipped({name: b"words", "good.txt": b"words"}))

    assert [member.name for member in result.members] == ["papers.zip/good.txt"]
    assert [str(one.error).split(": ")[0].endswith("leads out of its archive") for one in result.rejected] == [True]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["00002.txt", "into", "papers.zip"]
    assert set(tmp_path.parent.iterdir()) == before


def test_a_link_is_not_followed(expanded):
    link = zipfile.ZipInfo("link.txt")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")

    result = expanded(file.getvalue())

    assert result.members == ()
    assert "is a link or device" in reasons(result)["papers.zip/link.txt"]


def test_a_member_under_a_password_is_named(expanded):
    content = bytearray(zipped({"secret.txt": b"words", "open.txt": b"words"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # where each record has its flags
        content[content.index(signature) + offset] |= 1

    result = expanded(bytes(content))

    assert [member.name for member in result.members] == ["papers.zip/open.txt"]
    assert "needs a password" in reasons(result)["papers.zip/secret.txt"]


def test_of_two_members_of_one_name_the_later_is_taken(expanded):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", b"old")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.txt", b"new")

    result = expanded(file.getvalue())

    assert [member.path.read_bytes() for member in result.members] == [b"new"]
    assert "is in its archive twice" in reasons(result)["papers.zip/a.txt"]


def test_names_are_read_as_they_were_meant(expanded):
    told = zipped({"Übung.txt": b"words"})  # says that it is UTF-8
    untold = zipped({"Xbung.txt": b"words"}).replace(b"Xbung", "Übu".encode() + b"n")
    german = zipped({"Xbung.txt": b"words"}).replace(b"Xbung", b"\x9abung")  # of DOS

    assert [expanded(content).members[0].name for content in (told, untold, german)] == [
        "papers.zip/Übung.txt",
        "papers.zip/Übun.txt",
        "papers.zip/Übung.txt",
    ]


def test_a_name_that_misleads_is_shown_plainly(expanded):
    (member,) = expanded(zipped({"a\u202eb\n.txt": b"words"})).members

    assert member.name == "papers.zip/a\\u202eb\\x0a.txt"


def test_hidden_files_are_passed_over(expanded):
    result = expanded(zipped({"a.txt": b"words", "__MACOSX/._a.txt": b"\x00\x05", ".git/config": b"words"}))

    assert [member.name for member in result.members] == ["papers.zip/a.txt"]
    assert (result.skipped, result.rejected) == ((), ())


def test_a_bomb_is_left_out_and_not_unpacked(expanded, tmp_path):
    result = expanded(zipped({"zeros.txt": bytes(50 << 20), "good.txt": b"words"}))

    assert [member.name for member in result.members] == ["papers.zip/good.txt"]
    assert "papers.zip/zeros.txt unpacks to more than 250 times its size" in reasons(result)["papers.zip/zeros.txt"]
    assert sum(path.stat().st_size for path in (tmp_path / "into").iterdir()) == 5


def test_what_all_members_unpack_to_is_bounded_over_archives_inside_too(expanded):
    words = b"x" * 600_000

    result = expanded(
        zipped({"a.txt": words, "more.zip": zipped({"b.txt": words})}), max_unpacked_bytes=1 << 20, max_ratio=10**6
    )

    assert [member.name for member in result.members] == ["papers.zip/a.txt"]
    assert "is past the 1 MiB" in reasons(result)["papers.zip/more.zip/b.txt"]


def test_a_bomb_of_archives_in_archives_ends_at_the_limits(expanded):
    layer = zipped({"core.txt": b"words"})
    for _ in range(2):
        layer = zipped({f"{index}.zip": layer for index in range(20)})

    result = expanded(layer, max_members=50)

    assert len(result.members) <= 50
    assert any("holds more than 50 files" in reason for reason in reasons(result).values())


def test_too_many_members_are_refused(expanded):
    with pytest.raises(DocumentTooLarge, match=r"papers\.zip holds more than 10 files"):
        expanded(zipped({f"{index}.txt": b"words" for index in range(11)}), max_members=10)


def test_a_list_of_members_without_end_is_refused(expanded):
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    listed = entry * 200_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(listed), 4, 0)

    with pytest.raises(DocumentTooLarge, match=r"papers\.zip lists too many files"):
        expanded(b"PK\x03\x04" + listed + end)


def test_an_archive_cut_short_is_damaged(expanded):
    with pytest.raises(UnreadableDocument, match=r"papers\.zip is damaged and cannot be unpacked"):
        expanded(zipped({"a.txt": b"words"})[:-30])


@pytest.mark.parametrize("members", [{}, {"tool": b"\x7fELF\x00"}])
def test_an_archive_with_nothing_for_us_is_named(expanded, members):
    with pytest.raises(NothingToAdd, match=r"papers\.zip holds no file Polyglance reads"):
        expanded(zipped(members))


def test_collected_archives_make_way_for_their_members(tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("words")
    (tmp_path / "good.zip").write_bytes(zipped({"a.txt": b"words"}))
    (tmp_path / "barren.zip").write_bytes(zipped({"tool": b"\x7fELF\x00"}))

    collected, members = expand_archives(collect([tmp_path]), tmp_path / "into", Limits())

    assert collected.files == (note,)
    assert [failure.path.name for failure in collected.failures] == ["barren.zip"]
    assert [member.name for member in members.members] == ["good.zip/a.txt"]


def test_archives_next_to_each_other_do_not_mix(tmp_path):
    paths: list[Path] = []
    for name in ("a.zip", "b.zip"):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(zipped({"note.txt": name.encode()}))

    _, members = expand_archives(collect(paths), tmp_path / "into", Limits())

    assert [member.path.read_text() for member in members.members] == ["a.zip", "b.zip"]


def test_an_archive_of_pdfs_without_compression_is_no_pdf(expanded):
    content = zipped({"a.pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj"}, zipfile.ZIP_STORED)

    assert [member.name for member in expanded(content).members] == ["papers.zip/a.pdf"]
    assert sniff(expanded(content).members[0].archive) == "zip"
