#!/usr/bin/env python3
"""What bench/scale.py does with privyseal, done with python-tuf 7.

usage: bench/scale_peer.py create|update|verify DIR SOURCE BINS
"""

import datetime
import pathlib
import shutil
import sys

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.api.exceptions import DownloadHTTPError

ROLES = ["root", "targets", "snapshot", "timestamp", "bins"]
EXPIRES = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=90)


class Repository:
    def __init__(self, directory: pathlib.Path, source: pathlib.Path, bins: int):
        self.metadata, self.targets = directory / "metadata", directory / "targets"
        self.keys, self.source, self.bins = directory / "keys", source, bins

    def signer(self, role: str) -> CryptoSigner:
        """The role's software key, made when it is first asked for."""
        from cryptography.hazmat.primitives import serialization

        path = self.keys / role
        if not path.exists():
            self.keys.mkdir(exist_ok=True)
            signer = CryptoSigner.generate_ecdsa()
            path.write_bytes(
                signer._private_key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            return signer
        return CryptoSigner(serialization.load_pem_private_key(path.read_bytes(), None))

    def write(self, name: str, metadata: Metadata, signer: CryptoSigner) -> None:
        metadata.sign(signer)
        version = "" if name == "timestamp" else f"{metadata.signed.version}."
        metadata.to_file(str(self.metadata / f"{version}{name}.json"), JSONSerializer(compact=True))

    def place(self, path: str) -> TargetFile:
        target = TargetFile.from_file(path, str(self.source / path), ["sha256"])
        directory, _, base = path.rpartition("/")
        place = self.targets / directory
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.source / path, place / f"{target.hashes['sha256']}.{base}")
        return target

    def create(self) -> None:
        self.metadata.mkdir()
        signers = {role: self.signer(role) for role in ROLES}
        root = Root(expires=EXPIRES)
        for role in ROLES[:4]:
            root.add_key(signers[role].public_key, role)
        targets = Targets(expires=EXPIRES)
        snapshot = Snapshot(expires=EXPIRES)
        contents: dict[str, Targets] = {}
        if self.bins:
            key = signers["bins"].public_key
            succinct = SuccinctRoles([], 1, self.bins.bit_length() - 1, "bins")
            targets.delegations = Delegations({}, succinct_roles=succinct)
            targets.add_key(key)
            contents = {name: Targets(expires=EXPIRES) for name in succinct.get_roles()}
        for file in sorted(self.source.rglob("*")):
            if file.is_file():
                path = file.relative_to(self.source).as_posix()
                role = targets
                if self.bins:
                    role = contents[targets.delegations.succinct_roles.get_role_for_target(path)]
                role.targets[path] = self.place(path)
        for name, content in contents.items():
            self.write(name, Metadata(content), signers["bins"])
            snapshot.meta[f"{name}.json"] = MetaFile()
        self.write("root", Metadata(root), signers["root"])
        self.write("targets", Metadata(targets), signers["targets"])
        self.write("snapshot", Metadata(snapshot), signers["snapshot"])
        self.write("timestamp", Metadata(Timestamp(expires=EXPIRES)), signers["timestamp"])

    def update(self) -> None:
        path = "00/package-000000.tar"
        snapshot = Metadata[Snapshot].from_file(str(self.metadata / "1.snapshot.json"))
        timestamp = Metadata[Timestamp].from_file(str(self.metadata / "timestamp.json"))
        name = "targets"
        if self.bins:
            top = Metadata[Targets].from_file(str(self.metadata / "1.targets.json"))
            name = top.signed.delegations.succinct_roles.get_role_for_target(path)
        role = Metadata[Targets].from_file(str(self.metadata / f"1.{name}.json"))
        role.signed.targets[path] = self.place(path)
        role.signed.version += 1
        self.write(name, role, self.signer("bins" if self.bins else "targets"))
        snapshot.signed.meta[f"{name}.json"].version += 1
        snapshot.signed.version += 1
        self.write("snapshot", snapshot, self.signer("snapshot"))
        timestamp.signed.snapshot_meta.version += 1
        timestamp.signed.version += 1
        self.write("timestamp", timestamp, self.signer("timestamp"))

    def verify(self) -> None:
        cache = self.metadata.parent / "cache"
        config = UpdaterConfig(
            max_delegations=100_000,
            targets_max_length=1 << 28,
            snapshot_max_length=1 << 28,
        )
        updater = Updater(
            str(cache),
            "http://metadata/",
            str(cache),
            "http://targets/",
            fetcher=Files(self),
            config=config,
            bootstrap=(self.metadata / "1.root.json").read_bytes(),
        )
        updater.refresh()
        verified = 0
        for file in self.source.rglob("*"):
            if file.is_file():
                path = file.relative_to(self.source).as_posix()
                target = updater.get_targetinfo(path)
                directory, _, base = path.rpartition("/")
                name = self.targets / directory / f"{target.hashes['sha256']}.{base}"
                target.verify_length_and_hashes(name.read_bytes())
                verified += 1
        print(f"{verified} verified")


class Files(FetcherInterface):
    """Serves a repository from its directory."""

    def __init__(self, repository: Repository):
        self.repository = repository

    def _fetch(self, url: str):
        _, _, base, name = url.split("/", 3)
        path = (self.repository.metadata if base == "metadata" else self.repository.targets) / name
        if not path.exists():
            raise DownloadHTTPError(f"no {name}", 404)
        return iter([path.read_bytes()])


def main() -> int:
    match sys.argv[1:]:
        case ["create" | "update" | "verify" as step, directory, source, bins]:
            repository = Repository(pathlib.Path(directory), pathlib.Path(source), int(bins))
            getattr(repository, step)()
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
