"""A library follows a folder: once by `sync`, and on and on by a watch."""

import os
import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import LibraryError
from app.library import Library
from app.settings import Settings
from app.syncing import FolderGone, Renamed, Synced
from app.types import AddStatus, Progress
from app.watching import Watching

BREAD = "Bake the bread for forty minutes in a hot oven."
MOON = "The moon circles the earth once a month."
SHIP = "The ship left the harbour at dawn."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "sub").mkdir(parents=True)
    (folder / "bread.txt").write_text(BREAD, encoding="utf-8")
    (folder / "sub" / "moon.txt").write_text(MOON, encoding="utf-8")
    return folder


def write_zip(path: Path, **members: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"inner/{name}.txt", text)


def names(library: Library) -> list[str]:
    return [document.name for document in library.documents()]


def changes(synced: Synced) -> list[tuple[str, AddStatus]]:
    return [(one.name, one.status) for one in synced.added]


def chunks_read(library: Library, folder: Path) -> int:
    """How many chunks a sync reads: none where no content is new."""
    told: list[Progress] = []
    library.sync(folder, on_progress=told.append)
    return max((progress.chunks_read for progress in told), default=0)


def test_a_folder_goes_in_and_then_stays_as_it_is(library: Library, folder: Path) -> None:
    first, second = library.sync(folder), library.sync(folder)

    assert changes(first) == [("bread.txt", AddStatus.ADDED), ("moon.txt", AddStatus.ADDED)]
    assert second.is_nothing
    assert names(library) == ["bread.txt", "moon.txt"]


def test_a_changed_file_takes_the_place_of_the_old_one(library: Library, folder: Path) -> None:
    library.sync(folder)
    (folder / "bread.txt").write_text(SHIP, encoding="utf-8")

    assert changes(library.sync(folder)) == [("bread.txt", AddStatus.REPLACED)]
    assert library.search("ship")[0].text == SHIP
    assert len(names(library)) == 2


def test_a_renamed_file_is_renamed_and_not_read_again(library: Library, folder: Path) -> None:
    library.sync(folder)
    (moon,) = library.find("moon.txt")
    (folder / "sub" / "moon.txt").rename(folder / "luna.txt")

    synced = library.sync(folder)

    assert synced == Synced((), (Renamed("sub/moon.txt", "luna.txt", moon.id),), ())
    assert names(library) == ["bread.txt", "luna.txt"]
    (folder / "luna.txt").rename(folder / "mond.txt")
    assert chunks_read(library, folder) == 0


def test_a_document_whose_file_is_gone_goes(library: Library, folder: Path) -> None:
    library.sync(folder)
    (folder / "bread.txt").unlink()

    assert library.sync(folder) == Synced((), (), ("bread.txt",))
    assert names(library) == ["moon.txt"]


def test_a_document_that_lies_elsewhere_too_stays_under_that_name(library: Library, folder: Path) -> None:
    library.sync(folder)
    shutil.copy(folder / "bread.txt", folder / "brot.txt")
    assert library.sync(folder).is_nothing
    (folder / "bread.txt").unlink()

    assert library.sync(folder).removed == ()
    assert names(library) == ["brot.txt", "moon.txt"]


def test_what_came_from_elsewhere_is_left_alone(library: Library, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "ship.txt"
    other.write_text(SHIP, encoding="utf-8")
    library.add(other)
    other.unlink()

    library.sync(folder)

    assert names(library) == ["bread.txt", "moon.txt", "ship.txt"]


def test_an_archive_is_a_folder(library: Library, folder: Path) -> None:
    write_zip(folder / "old.zip", ship=SHIP, tea="Green tea is steeped for two minutes.")
    assert len(library.sync(folder).added) == 4
    assert library.sync(folder).is_nothing

    write_zip(folder / "old.zip", ship=SHIP)
    assert library.sync(folder) == Synced((), (), ("old.zip/inner/tea.txt",))

    (folder / "old.zip").rename(folder / "new.zip")
    (renamed,) = library.sync(folder).renamed
    assert (renamed.old, renamed.new) == ("old.zip/inner/ship.txt", "new.zip/inner/ship.txt")

    (folder / "new.zip").unlink()
    assert library.sync(folder).removed == ("new.zip/inner/ship.txt",)
    assert names(library) == ["bread.txt", "moon.txt"]


def test_of_a_damaged_archive_nothing_is_removed(library: Library, folder: Path) -> None:
    write_zip(folder / "old.zip", ship=SHIP)
    library.sync(folder)
    content = (folder / "old.zip").read_bytes()
    (folder / "old.zip").write_bytes(content[: len(content) // 2])

    synced = library.sync(folder)

    assert [(one.name, one.status) for one in synced.added] == [("old.zip", AddStatus.FAILED)]
    assert "old.zip/inner/ship.txt" in names(library)


@pytest.mark.parametrize("leave", [lambda folder: None, lambda folder: folder.mkdir(), lambda folder: hide(folder)])
def test_of_a_folder_that_vanished_nothing_is_removed(
    library: Library, folder: Path, tmp_path: Path, leave: Callable[[Path], None]
) -> None:
    library.sync(folder)
    folder.rename(tmp_path / "elsewhere")
    leave(folder)

    with pytest.raises(FolderGone, match="nothing of it is removed"):
        library.sync(folder)

    assert names(library) == ["bread.txt", "moon.txt"]


def hide(folder: Path) -> None:
    folder.mkdir()
    (folder / ".Trash").mkdir()


def test_a_folder_that_never_was_or_holds_the_library_is_refused(library: Library, settings: Settings) -> None:
    with pytest.raises(LibraryError, match="check the path"):
        library.sync(settings.data.parent / "typo")
    with pytest.raises(LibraryError, match="library itself"):
        library.sync(settings.data.parent)


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="may read everything")
def test_what_may_not_be_looked_at_is_not_gone(library: Library, folder: Path) -> None:
    library.sync(folder)
    (folder / "sub").chmod(0)
    try:
        assert library.sync(folder).removed == ()
    finally:
        (folder / "sub").chmod(0o755)


def test_a_stopped_sync_removes_nothing(library: Library, folder: Path) -> None:
    library.sync(folder)
    (folder / "bread.txt").unlink()
    stop = threading.Event()
    stop.set()

    assert library.sync(folder, stop=stop).is_nothing

    assert names(library) == ["bread.txt", "moon.txt"]


class Watched:
    """A watch on a thread, and all it told."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.told: list[str] = []
        self._stop = threading.Event()
        watching = Watching(
            library, [folder], on_synced=self._note, on_trouble=lambda line: self.told.append(line), settle_s=0.2
        )
        self._thread = threading.Thread(target=watching.run, args=(self._stop,))
        self._thread.start()

    def _note(self, synced: Synced) -> None:
        self.told += [f"{one.status} {one.name}" for one in synced.added]
        self.told += [f"renamed {one.old} {one.new}" for one in synced.renamed]
        self.told += [f"removed {name}" for name in synced.removed]

    def await_line(self, beginning: str) -> None:
        while not any(line.startswith(beginning) for line in self.told):
            assert self._thread.is_alive()
            time.sleep(0.02)

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def watched(library: Library, folder: Path) -> Iterator[Watched]:
    watched = Watched(library, folder)
    watched.await_line("added moon.txt")
    yield watched
    watched.end()


def test_a_watch_follows_what_happens(library: Library, folder: Path, watched: Watched) -> None:
    (folder / "ship.txt").write_text(SHIP, encoding="utf-8")
    watched.await_line("added ship.txt")
    (folder / "bread.txt").write_text("Let the dough rest overnight.", encoding="utf-8")
    watched.await_line("replaced bread.txt")
    (folder / "sub" / "moon.txt").rename(folder / "luna.txt")
    watched.await_line("renamed sub/moon.txt luna.txt")
    (folder / "ship.txt").unlink()
    watched.await_line("removed ship.txt")

    assert names(library) == ["bread.txt", "luna.txt"]
    assert len(watched.told) == 6


def test_a_file_is_read_once_it_is_whole(folder: Path, watched: Watched) -> None:
    with (folder / "log.txt").open("w", encoding="utf-8") as file:
        for number in range(12):
            file.write(f"Line {number} of a file that is still being written.\n")
            file.flush()
            time.sleep(0.05)
    watched.await_line("added log.txt")

    assert watched.told.count("added log.txt") == 1
    assert not any(line.startswith(("failed", "replaced")) for line in watched.told)


def test_a_folder_and_what_is_in_it_comes_and_goes(
    library: Library, folder: Path, watched: Watched, tmp_path: Path
) -> None:
    (tmp_path / "more" / "deep").mkdir(parents=True)
    (tmp_path / "more" / "deep" / "ship.txt").write_text(SHIP, encoding="utf-8")
    shutil.move(tmp_path / "more", folder / "more")
    watched.await_line("added ship.txt")
    shutil.rmtree(folder / "more")
    watched.await_line("removed ship.txt")


def test_a_folder_that_vanishes_is_waited_for(library: Library, folder: Path, watched: Watched, tmp_path: Path) -> None:
    folder.rename(tmp_path / "away")
    watched.await_line(f"{folder} is not there, so nothing of it is removed")
    assert names(library) == ["bread.txt", "moon.txt"]

    (tmp_path / "away" / "ship.txt").write_text(SHIP, encoding="utf-8")
    (tmp_path / "away").rename(folder)
    watched.await_line("added ship.txt")
    (folder / "bread.txt").unlink()
    watched.await_line("removed bread.txt")
