#!/usr/bin/env python3
"""Whether python-tuf's client refuses a published repository after each change to each of its files.

usage: tuf_flips.py REPOSITORY ORIGINALS [FILE...]

The client begins with REPOSITORY/metadata/1.root.json and gets every file of ORIGINALS, first of the
repository as it is, then again and again with one byte of one file flipped: at 8 places of each
metadata file's "signed", and of each target file. Of empty target files it is shown longer ones.
Each FILE, a path in REPOSITORY, must be among those that it asks for.

Exit status: 0 it refused all of them, 1 it took one or did not ask for a FILE, 2 wrong usage.
"""

import json
import pathlib
import sys
import tempfile
import urllib.parse

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater

PLACES = 8


def main() -> int:
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    repository, originals = (pathlib.Path(name) for name in sys.argv[1:3])
    files = (path for path in originals.rglob("*") if path.is_file())
    paths = sorted(path.relative_to(originals).as_posix() for path in files)
    whole = Shelf(repository)
    visit(whole, paths)
    unasked = set(sys.argv[3:]) - whole.asked
    if unasked:
        print(f"tuf_flips: the client did not ask for {sorted(unasked)}")
        return 1
    tried, taken = 0, []
    for name in sorted(whole.asked):
        good = (repository / name).read_bytes()
        for place, bad in changes(name, good):
            tried += 1
            if not is_refused(Shelf(repository, {name: bad}), paths):
                taken.append(f"{name} at {place}")
    if taken or not tried:
        print(f"tuf_flips: of {tried} changes the client took {taken}")
        return 1
    print(f"tuf_flips: refused {tried} changes to {len(whole.asked)} files")
    return 0


def changes(name: str, good: bytes):
    """What a file could be changed to."""
    if name.startswith("targets/"):
        places = range(len(good))
        if not good:
            yield "its end", b"x"
    else:
        signed = json.loads(good)["signed"]
        places = [place for place in range(len(good)) if signed != parsed(flipped(good, place))]
    step = max(1, len(places) // PLACES)
    for place in places[::step]:
        yield place, flipped(good, place)


def flipped(good: bytes, place: int) -> bytes:
    return good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]


def parsed(content: bytes):
    """What is signed, if that can be said."""
    try:
        return json.loads(content)["signed"]
    except (ValueError, KeyError):
        return None


class Shelf(FetcherInterface):
    """The files of a repository, some of them changed."""

    def __init__(self, repository: pathlib.Path, changed: dict[str, bytes] | None = None):
        self.repository = repository
        self.changed = changed or {}
        self.asked: set[str] = set()

    def _fetch(self, url: str):
        name = urllib.parse.unquote(urllib.parse.urlsplit(url).path).lstrip("/")
        file = self.repository / name
        if not file.is_file():
            raise DownloadHTTPError("not found", 404)
        self.asked.add(name)
        return iter([self.changed.get(name, file.read_bytes())])


def visit(shelf: Shelf, paths: list[str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        updater = Updater(
            metadata_dir=home,
            metadata_base_url="http://shelf/metadata/",
            target_dir=home,
            target_base_url="http://shelf/targets/",
            fetcher=shelf,
            bootstrap=(shelf.repository / "metadata" / "1.root.json").read_bytes(),
        )
        updater.refresh()
        for path in paths:
            info = updater.get_targetinfo(path)
            if info is None:
                raise RepositoryError(f"{path} is not found")
            # Target files are named by their hashes: nothing hides what was changed.
            updater.download_target(info, str(pathlib.Path(home) / "download"))


def is_refused(shelf: Shelf, paths: list[str]) -> bool:
    try:
        visit(shelf, paths)
    except (RepositoryError, DownloadError):
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
