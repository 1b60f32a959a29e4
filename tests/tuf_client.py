#!/usr/bin/env python3
"""An independent judge of a published repository: python-tuf's client downloads all of it.

The repository is served over HTTP on the loopback interface. The client starts with nothing but a
root, refreshes, and downloads every target that the trusted targets metadata lists.

Exit status: 0 everything was verified and downloaded, 1 the client refused, 2 wrong usage.
"""

import argparse
import functools
import http.server
import json
import pathlib
import sys
import tempfile
import threading

import tuf
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient import Updater


def main() -> int:
    options = parse()
    try:
        with served(options.repository) as url, tempfile.TemporaryDirectory() as home:
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
        help="compare each download with DIR/TARGET-PATH",
    )
    options = parser.parse_args()
    if options.root is None:
        options.root = options.repository / "metadata" / f"{options.root_version}.root.json"
    if not options.root.is_file():
        parser.error(f"there is no {options.root}")
    return options


class Mismatch(Exception):
    """A download is not the file that was published."""


def download_all(url: str, home: pathlib.Path, options: argparse.Namespace) -> str:
    for name in ("metadata", "targets"):
        (home / name).mkdir()
    updater = Updater(
        metadata_dir=str(home / "metadata"),
        metadata_base_url=f"{url}/metadata/",
        target_dir=str(home / "targets"),
        target_base_url=f"{url}/targets/",
        bootstrap=options.root.read_bytes(),
    )
    updater.refresh()
    # What the client wrote there is what it has verified.
    trusted = {
        role: json.loads((home / "metadata" / f"{role}.json").read_bytes())["signed"]
        for role in ("root", "targets", "snapshot", "timestamp")
    }
    listed = trusted["targets"]["targets"]
    for path in listed:
        download(updater, path, options.originals)
    versions = ", ".join(f"{role} {signed['version']}" for role, signed in trusted.items())
    return f"verified and downloaded {len(listed)} targets ({versions})"


def download(updater: Updater, path: str, originals: pathlib.Path | None) -> None:
    info = updater.get_targetinfo(path)
    if info is None:
        raise Mismatch(f"{path} is listed, but the client does not find it")
    content = pathlib.Path(updater.download_target(info)).read_bytes()
    if originals is not None and content != (originals / path).read_bytes():
        raise Mismatch(f"{path} is not the original file")


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
