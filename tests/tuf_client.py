#!/usr/bin/env python3
"""An independent judge of a published repository: python-tuf's client downloads all of it.

The client starts with nothing but a root, refreshes, and downloads every target: those that the
trusted targets metadata lists and, with --originals, every file below DIR, through whatever
delegations lead to it. With --home it keeps what it trusts, and goes on from there the next time.

Exit status: 0 everything was verified and downloaded, 1 the client refused, 2 wrong usage.
"""

import argparse
import contextlib
import functools
import http.server
import json
import pathlib
import sys
import tempfile
import threading
import urllib.parse

import tuf
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient import Updater

TOP = ("root", "targets", "snapshot", "timestamp")


def main() -> int:
    options = parse()
    try:
        with contextlib.ExitStack() as stack:
            url = options.url or stack.enter_context(served(options.repository))
            home = options.home or stack.enter_context(tempfile.TemporaryDirectory())
            said = download_all(url, pathlib.Path(home), options)
    except (RepositoryError, DownloadError, Mismatch) as error:
        print(f"tuf_client: refused: {type(error).__name__}: {error}")
        return 1
    print(f"tuf_client: python-tuf {tuf.__version__} {said}")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Downloads every target of a published TUF repository with python-tuf.",
        epilog="example: tests/tuf_client.py DIR/repository --originals release/",
    )
    parser.add_argument(
        "repository", type=pathlib.Path, help="a directory with metadata/ and targets/"
    )
    parser.add_argument(
        "--url", help="where DIR is served already (default: on the loopback interface)"
    )
    parser.add_argument(
        "--root",
        type=pathlib.Path,
        metavar="FILE",
        help="the root that the client starts with (default: metadata/1.root.json)",
    )
    parser.add_argument(
        "--root-version", type=int, default=1, metavar="N", help="start with metadata/N.root.json"
    )
    parser.add_argument(
        "--originals",
        type=pathlib.Path,
        metavar="DIR",
        help="download each file below DIR, and compare",
    )
    parser.add_argument(
        "--absent",
        action="append",
        default=[],
        metavar="PATH",
        help="a target path that the client must not find",
    )
    parser.add_argument(
        "--home",
        type=pathlib.Path,
        metavar="DIR",
        help="keep the client's trusted metadata here, and go on from it",
    )
    options = parser.parse_args()
    if options.root is None:
        options.root = options.repository / "metadata" / f"{options.root_version}.root.json"
    if not options.root.is_file():
        parser.error(f"there is no {options.root}")
    return options


class Mismatch(Exception):
    """What was found is not what was published."""


def download_all(url: str, home: pathlib.Path, options: argparse.Namespace) -> str:
    for name in ("metadata", "targets"):
        (home / name).mkdir(parents=True, exist_ok=True)
    updater = Updater(
        metadata_dir=str(home / "metadata"),
        metadata_base_url=f"{url}/metadata/",
        target_dir=str(home / "targets"),
        target_base_url=f"{url}/targets/",
        bootstrap=options.root.read_bytes(),
    )
    updater.refresh()
    paths = set(trusted(home, "targets")["targets"])
    if options.originals is not None:
        files = (path for path in options.originals.rglob("*") if path.is_file())
        paths |= {path.relative_to(options.originals).as_posix() for path in files}
    for path in sorted(paths):
        download(updater, path, options.originals)
    for path in options.absent:
        if updater.get_targetinfo(path) is not None:
            raise Mismatch(f"{path} is found, and should not be")
    return f"verified and downloaded {len(paths)} targets ({versions(home)})"


def download(updater: Updater, path: str, originals: pathlib.Path | None) -> None:
    info = updater.get_targetinfo(path)
    if info is None:
        raise Mismatch(f"{path} is published, but the client does not find it")
    content = pathlib.Path(updater.download_target(info)).read_bytes()
    if originals is not None and content != (originals / path).read_bytes():
        raise Mismatch(f"{path} is not the original file")


def trusted(home: pathlib.Path, role: str) -> dict:
    """What the client wrote there is what it has verified."""
    name = urllib.parse.quote(role, "")
    return json.loads((home / "metadata" / f"{name}.json").read_bytes())["signed"]


def versions(home: pathlib.Path) -> str:
    files = (home / "metadata").glob("*.json")
    roles = sorted(urllib.parse.unquote(file.name.removesuffix(".json")) for file in files)
    below = [role for role in roles if role not in TOP]
    said = [", ".join(f"{role} {trusted(home, role)['version']}" for role in TOP)]
    if below:
        said.append(", ".join(f"{role} {trusted(home, role)['version']}" for role in below))
    return "; ".join(said)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files under percent-decoded names and logs nothing."""

    def log_message(self, *_):
        pass


class served:
    """The repository over HTTP on a free port of the loopback interface, while it is entered."""

    def __init__(self, repository: pathlib.Path):
        handler = functools.partial(Quiet, directory=str(repository))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        host, port = self.server.server_address[:2]
        return f"http://{host}:{port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    sys.exit(main())
