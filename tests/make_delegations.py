#!/usr/bin/env python3
"""Makes repositories with delegations, and asks python-tuf's client what it finds in them.

usage: make_delegations.py DIR COUNT SEED

Writes DIR/NAME/{metadata,targets} for each of the cases below and for COUNT random trees of
delegations, and prints a JSON list of {"name", "found"}, where "found" has for each path of the
pool what python-tuf's get_targetinfo says: {"length", "sha256"}, null, or "refused".
"""

import dataclasses
import datetime
import hashlib
import json
import pathlib
import random
import sys
import tempfile
import urllib.parse

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadHTTPError, RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
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
from tuf.ngclient import FetcherInterface, Updater

POOL = ["top", "a/1", "a/2", "a/x.txt", "b/1", "b/x.txt", "a/b/1", "a/b/2", "c", "é/[1]", "b/A"]
PATTERNS = ["*", "a/*", "b/*", "*/*", "a/?", "*/*.txt", "a/b/*", "[a-c]", "[!a]/1", "b/[A-Z]", "top"]
EXPIRES = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(
    days=20
)


@dataclasses.dataclass
class Role:
    """What a role lists, and its delegations: (name, what makes DelegatedRole's scope, terminating)."""

    targets: list = dataclasses.field(default_factory=list)
    delegations: list = dataclasses.field(default_factory=list)
    bins: tuple | None = None


@dataclasses.dataclass
class Case:
    """A repository, and what is wrong with it."""

    name: str
    roles: dict
    consistent: bool = True
    wrong_key: str | None = None
    lowered: str | None = None
    missing: str | None = None
    unlisted: str | None = None


def cases() -> list:
    paths = {"paths": ["a/*", "a/b/*"]}
    everything = {"paths": ["*", "*/*", "*/*/*"]}
    # Two halves of all paths by their hashes.
    halves = [[f"{digit:x}" for digit in part] for part in (range(8), range(8, 16))]
    low, high = ({"path_hash_prefixes": half} for half in halves)
    is_low = lambda path: hashlib.sha256(path.encode()).hexdigest()[0] in halves[0]
    by_hash = {
        "targets": Role([], [("low", low, False), ("high", high, False)]),
        "low": Role([path for path in POOL if is_low(path)]),
        "high": Role([path for path in POOL if not is_low(path)] + ["a/1", "c"]),
    }
    one = {"targets": Role(["top"], [("app", paths, False)]), "app": Role(["a/1", "a/b/1", "c"])}
    bins = {"targets": Role(["top"], bins=(3, "bin"))}
    for path in POOL:
        name = SuccinctRoles([], 1, 3, "bin").get_role_for_target(path)
        bins.setdefault(name, Role()).targets.append(path)
    for name in SuccinctRoles([], 1, 3, "bin").get_roles():
        bins.setdefault(name, Role())
    nested = {
        "targets": Role([], [("a", everything, False), ("c", everything, False)]),
        "a": Role(["a/1"], [("b", paths, False), ("a", everything, False)]),
        "b": Role(["a/1", "a/2", "b/1"], [("targets-2", everything, False)]),
        "targets-2": Role(["a/b/2", "c"]),
        "c": Role(POOL),
    }
    ending = {
        "targets": Role([], [("a", everything, False), ("b", everything, False)]),
        "a": Role([], [("end", {"paths": ["a/*"]}, True), ("rest", everything, False)]),
        "end": Role(["a/1"]),
        "rest": Role(["a/2", "c"]),
        "b": Role(POOL),
    }
    names = ["../up", "a/b", "a b?c#d", "%2e", "é"]
    strange = {"targets": Role([], [(name, everything, False) for name in names])}
    strange |= {name: Role([path]) for name, path in zip(names, POOL)}
    return [
        Case("paths", one),
        Case("prefixes", by_hash),
        Case("succinct", bins),
        Case("nested", nested),
        Case("terminating", ending),
        Case("plain-names", nested, consistent=False),
        Case("strange-names", strange),
        Case("wrong-key", one, wrong_key="app"),
        Case("lowered-version", one, lowered="app"),
        Case("missing-bin", bins, missing="bin-5"),
        Case("unlisted-bin", bins, unlisted="bin-5"),
    ]


def random_case(number: int, chance: random.Random) -> Case:
    names = [f"r{at}" for at in range(chance.randint(2, 7))]
    roles = {"targets": Role(), **{name: Role() for name in names}}
    for name, role in roles.items():
        role.targets = chance.sample(POOL, chance.randint(0, 5))
        fewest = 2 if name == "targets" else 0
        for child in chance.sample(names, min(len(names), chance.randint(fewest, 4))):
            scope = {"paths": chance.sample(PATTERNS, chance.randint(2, 6))}
            if chance.random() < 0.3:
                digits = chance.sample("0123456789abcdef", 8)
                scope = {"path_hash_prefixes": digits}
            role.delegations.append((child, scope, chance.random() < 0.2))
        if name == "r0" and chance.random() < 0.5:
            role.delegations, role.bins = [], (2, "bin")
            for at in range(4):
                roles[f"bin-{at}"] = Role(chance.sample(POOL, 4))
            break
    return Case(f"random-{number}", roles, consistent=chance.random() < 0.8)


def write(case: Case, directory: pathlib.Path) -> dict:
    """Writes the repository; returns the contents of all targets by their SHA-256."""
    metadata, files = directory / "metadata", directory / "targets"
    metadata.mkdir(parents=True)
    files.mkdir()
    top, online, delegated, stranger = (CryptoSigner.generate_ed25519() for _ in range(4))
    root = Root(expires=EXPIRES, consistent_snapshot=case.consistent)
    root.add_key(top.public_key, Root.type)
    for role in (Targets.type, Snapshot.type, Timestamp.type):
        root.add_key(online.public_key, role)
    snapshot, contents = Snapshot(expires=EXPIRES), {}
    for name, role in case.roles.items():
        targets = Targets(expires=EXPIRES, version=1 if name == "targets" else 2)
        if name == case.lowered:
            targets.version = 1
        for path in role.targets:
            content = f"{path} of {name}".encode()
            targets.targets[path] = TargetFile.from_data(path, content, ["sha256"])
            digest = hashlib.sha256(content).hexdigest()
            contents[digest] = content
            if case.consistent:
                directory_of, _, base = path.rpartition("/")
                put(files / directory_of / f"{digest}.{base}", content)
        targets.delegations = delegations(role, delegated)
        signer = {"targets": online, case.wrong_key: stranger}.get(name, delegated)
        content = signed(targets, signer)
        listed = 1 if name == "targets" else 2
        if name != case.unlisted:
            vouched = len(name) % 2 == 0 and name != case.lowered
            snapshot.meta[f"{name}.json"] = (
                MetaFile.from_data(listed, content, ["sha256"]) if vouched else MetaFile(listed)
            )
        if name != case.missing:
            put_metadata(metadata, name, listed, content, case.consistent)
    put_metadata(metadata, "root", 1, signed(root, top), True)
    content = signed(snapshot, online)
    put_metadata(metadata, "snapshot", 1, content, case.consistent)
    timestamp = Timestamp(expires=EXPIRES, snapshot_meta=MetaFile.from_data(1, content, ["sha256"]))
    (metadata / "timestamp.json").write_bytes(signed(timestamp, online))
    return contents


def delegations(role: Role, signer: CryptoSigner) -> Delegations | None:
    keyid = signer.public_key.keyid
    keys = {keyid: signer.public_key}
    if role.bins is not None:
        bits, prefix = role.bins
        return Delegations(keys, succinct_roles=SuccinctRoles([keyid], 1, bits, prefix))
    roles = {
        name: DelegatedRole(name, [keyid], 1, terminating, **scope)
        for name, scope, terminating in role.delegations
    }
    return Delegations(keys, roles=roles) if roles else None


def signed(document, signer: CryptoSigner) -> bytes:
    metadata = Metadata(document)
    metadata.sign(signer)
    return metadata.to_bytes()


def put_metadata(directory, name: str, version: int, content: bytes, consistent: bool) -> None:
    quoted = urllib.parse.quote(name, "")
    prefix = f"{version}." if consistent else ""
    (directory / f"{prefix}{quoted}.json").write_bytes(content)


def put(file: pathlib.Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


class Files(FetcherInterface):
    """Reads a directory in the place of a server."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory

    def _fetch(self, url: str):
        try:
            return iter([(self.directory / url.removeprefix("file:")).read_bytes()])
        except FileNotFoundError as error:
            raise DownloadHTTPError(str(error), 404) from error


def found(directory: pathlib.Path, path: str):
    with tempfile.TemporaryDirectory() as home:
        updater = Updater(
            metadata_dir=home,
            metadata_base_url="file:metadata/",
            target_base_url="file:targets/",
            fetcher=Files(directory),
            bootstrap=(directory / "metadata" / "1.root.json").read_bytes(),
        )
        try:
            info = updater.get_targetinfo(path)
        except (RepositoryError, DownloadHTTPError):
            return "refused"
    return None if info is None else {"length": info.length, "sha256": info.hashes["sha256"]}


def main() -> int:
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    base, count, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    made = cases() + [random_case(number, chance) for number in range(count)]
    answers = []
    for case in made:
        directory = base / case.name
        contents = write(case, directory)
        finds = {path: found(directory, path) for path in POOL}
        for path, info in finds.items():
            # Without consistent snapshots there is one file for a path: that of the role that counts.
            if not case.consistent and isinstance(info, dict):
                put(directory / "targets" / path, contents[info["sha256"]])
        answers.append({"name": case.name, "found": finds})
    json.dump(answers, sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
