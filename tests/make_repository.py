#!/usr/bin/env python3
"""Makes a repository with python-tuf and keys in memory: what existed before any agent knew it.

usage: make_repository.py DIR

Writes DIR/metadata with two roots, of which the second replaces the first one's root key, and
targets, snapshot and timestamp of version 1.
"""

import datetime
import pathlib
import sys

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    directory = pathlib.Path(sys.argv[1]) / "metadata"
    directory.mkdir(parents=True)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    expires = now + datetime.timedelta(days=20)
    old, new, online = (
        CryptoSigner.generate_ecdsa(),
        CryptoSigner.generate_ed25519(),
        CryptoSigner.generate_rsa(scheme="rsassa-pss-sha256"),
    )

    root = Root(expires=expires, consistent_snapshot=True)
    root.add_key(old.public_key, Root.type)
    for role in (Targets.type, Snapshot.type, Timestamp.type):
        root.add_key(online.public_key, role)
    write(directory / "1.root.json", root, old)
    root.version = 2
    root.add_key(new.public_key, Root.type)
    root.revoke_key(old.public_key.keyid, Root.type)
    write(directory / "2.root.json", root, old, new)

    targets = Targets(expires=expires)
    targets.targets["a/b.txt"] = TargetFile.from_data("a/b.txt", b"b", ["sha256", "sha512"])
    write(directory / "1.targets.json", targets, online)
    write(directory / "1.snapshot.json", Snapshot(expires=expires), online)
    write(directory / "timestamp.json", Timestamp(expires=expires), online)
    return 0


def write(path: pathlib.Path, signed, *signers) -> None:
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    metadata.to_file(str(path))


if __name__ == "__main__":
    sys.exit(main())
