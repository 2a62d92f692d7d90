"""Office files: converted to PDF by LibreOffice, a program of its own, and read as that.

Every conversion has a profile of its own, so that several go on at once and none sees the user's settings. In it macros
never run, and nothing that a document links to is fetched.
"""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.limits import Limits
from ingest.readers.pdf import PdfReader
from ingest.types import Format, Geometry

_PLACES = (  # where installers put it that leave PATH alone
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.com",
)
_INSTALL = (
    "install it (Debian and Ubuntu: apt install libreoffice-writer-nogui libreoffice-calc-nogui "
    "libreoffice-impress-nogui; macOS: brew install --cask libreoffice; Windows: winget install "
    "TheDocumentFoundation.LibreOffice), or save the file as PDF and add that"
)
# Settings by place and name, as LibreOffice keeps them (registrymodifications.xcu).
_SECURITY = "/org.openoffice.Office.Common/Security/Scripting"
_SETTINGS = (
    (_SECURITY, "DisableMacrosExecution", "true"),
    (_SECURITY, "MacroSecurityLevel", "3"),
    (_SECURITY, "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),  # never
    ("/org.openoffice.Office.Calc/Content/Update", "Link", "1"),  # never
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),  # the proxy below, where nobody listens
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetNoProxy", ""),
)


# Runs a program, and kills it and its children when the pipe at standard input closes: so it ends with this process,
# however that one ends.
_LEASH = 'exec 3<&0; "$@" </dev/null 3<&- & program=$!; { read _ <&3; kill -KILL 0; } & wait $program; kill -KILL 0'


class OfficeReader(PdfReader):
    """An Office file as the pages it prints; see `ingest.readers.registry.DocumentReader`."""

    def __init__(
        self, path: Path, *, format: Format, name: str, limits: Limits, geometry: Geometry, rendition: Path | None
    ) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        if rendition is None:
            self._folder = TemporaryDirectory(prefix="polyglance-", ignore_cleanup_errors=True)
            rendition = Path(self._folder.name, "rendition.pdf")
        try:
            if not rendition.exists():
                convert(path, rendition, format=format, name=name, limits=limits)
            super().__init__(rendition, format=Format.PDF, name=name, limits=limits, geometry=geometry)
        except BaseException:
            self._sweep()
            raise

    def close(self) -> None:
        """Close the rendition, and delete it where nobody keeps it."""
        super().close()
        self._sweep()

    def _sweep(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()


def find_libreoffice() -> str | None:
    """LibreOffice's program; None where it is not installed."""
    found = (shutil.which(name) for name in ("soffice", "libreoffice", *_PLACES))
    return next(filter(None, found), None)


def convert(path: Path, into: Path, *, format: Format, name: str, limits: Limits) -> None:
    """Write a PDF of an Office file; there is none, or a whole one.

    Args:
        path: where its bytes are.
        into: the PDF; its folder is made where it is missing.
        format: of the file.
        name: what messages call it.
        limits: bounds on time and size.

    Raises:
        UnreadableDocument: LibreOffice is not installed, or cannot open the file.
        DocumentTooLarge: it took too long, or the PDF is too large.
    """
    program = find_libreoffice()
    if program is None:
        raise UnreadableDocument(f"{name} needs LibreOffice, which is not there: {_INSTALL}")
    with TemporaryDirectory(prefix="polyglance-", ignore_cleanup_errors=True) as folder:
        original = Path(folder, f"document.{format}")
        shutil.copyfile(path, original)
        _write_profile(Path(folder, "profile"))
        said = _run(program, original, name, limits)
        made = original.with_suffix(".pdf")
        if not made.exists() or not made.stat().st_size:
            raise UnreadableDocument(
                f"{name} cannot be opened by LibreOffice ({said or 'it does not say why'}): it is damaged, or needs a "
                "password; open it yourself, save it as PDF and add that"
            )
        into.parent.mkdir(parents=True, exist_ok=True)
        partial = into.with_suffix(".partial")
        shutil.copyfile(made, partial)
        partial.replace(into)


def _run(program: str, original: Path, name: str, limits: Limits) -> str:
    """What LibreOffice complained of, in one line."""
    folder = original.parent
    command = [
        program,
        f"-env:UserInstallation={(folder / 'profile').absolute().as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo", "--nofirststartwizard"),
        *("--convert-to", "pdf", "--outdir", str(folder), str(original)),
    ]
    if sys.platform != "win32":
        command = ["/bin/sh", "-c", _LEASH, "sh", *command]
    with (folder / "said").open("w+b") as said:  # no pipe: a child that lives on would keep it open
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd=folder,
            start_new_session=True,
        )
        try:
            process.wait(timeout=limits.seconds_to_convert)
        except subprocess.TimeoutExpired as error:
            raise DocumentTooLarge(
                f"{name} keeps LibreOffice busy for more than {limits.seconds_to_convert:g} s: split it, or save it "
                "as PDF and add that"
            ) from error
        finally:
            _kill(process)
        said.seek(0)
        lines = said.read(4096).decode("utf-8", errors="replace").splitlines()
    return next((line.strip() for line in lines if line.startswith("Error")), "")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it and the processes it started, if any are left."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it leads its group
    process.communicate()


def _write_profile(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="{place}"><prop oor:name="{setting}" oor:op="fuse"><value>{value}</value></prop></item>\n'
        for place, setting, value in _SETTINGS
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"{items}</oor:items>\n",
        encoding="utf-8",
    )
