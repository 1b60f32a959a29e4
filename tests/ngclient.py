#!/usr/bin/env python3
"""python-tuf's client as a judge that is asked many times.

Reads requests from standard input, a JSON object a line:

  from      a directory with metadata/ and targets/, or an http URL
  home      a directory with what a client trusted earlier; without it, the client begins with root
  root      the file of its first root
  targets   an object: target path to the SHA-256 of what it must be, or null where there is none

and answers each with a line: {"versions": {role: version}} or {"refused": "why"}. A home that is
named stays as it is: the client works in a copy.
"""

import hashlib
import json
import pathlib
import shutil
import sys
import tempfile

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig


class Files(FetcherInterface):
    """Reads the files of a directory."""

    def _fetch(self, url):
        try:
            yield pathlib.Path(url).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise DownloadHTTPError(f"{url} is not there", 404) from None


class Mismatch(Exception):
    """A target is not what it must be."""


def judge(request: dict, home: pathlib.Path) -> dict:
    (home / "targets").mkdir()
    if request.get("home"):
        shutil.copytree(request["home"], home / "metadata")
        root = None
    else:
        (home / "metadata").mkdir()
        root = pathlib.Path(request["root"]).read_bytes()
    base = request["from"]
    updater = Updater(
        metadata_dir=str(home / "metadata"),
        metadata_base_url=f"{base}/metadata/",
        target_dir=str(home / "targets"),
        target_base_url=f"{base}/targets/",
        fetcher=None if base.startswith("http:") else Files(),
        config=UpdaterConfig(),
        bootstrap=root,
    )
    updater.refresh()
    for path, expected in request.get("targets", {}).items():
        download(updater, path, expected)
    if request.get("keep"):
        shutil.copytree(home / "metadata", request["keep"])
    return {"versions": trusted(home / "metadata")}


def download(updater: Updater, path: str, expected: str | None) -> None:
    info = updater.get_targetinfo(path)
    if info is None or expected is None:
        if (info is None) == (expected is None):
            return
        raise Mismatch(f"{path}: {'not found' if info is None else 'found'}")
    content = pathlib.Path(updater.download_target(info)).read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        raise Mismatch(f"{path} has another content")


def trusted(metadata: pathlib.Path) -> dict:
    versions = {}
    for role in ("root", "targets", "snapshot", "timestamp"):
        signed = json.loads((metadata / f"{role}.json").read_bytes())["signed"]
        versions[role] = signed["version"]
    return versions


def main() -> None:
    for line in sys.stdin:
        with tempfile.TemporaryDirectory() as home:
            try:
                answer = judge(json.loads(line), pathlib.Path(home))
            except (RepositoryError, DownloadError, Mismatch, FileNotFoundError) as error:
                answer = {"refused": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
