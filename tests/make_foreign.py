#!/usr/bin/env python3
"""Makes a repository that knows nothing of Privy Seal, with python-tuf, and keeps its keys.

usage: make_foreign.py SHAPE DIR [--held KEYID=PEM-FILE] [--expired]

Writes DIR/repository (metadata/ and targets/), DIR/originals with each target's content, and
DIR/keys/NAME.pem, the private key of each signer by its name. SHAPE is one of:

  mixed       three root keys (P-256, Ed25519, RSA; 2 must sign) over two root versions, delegations
              by paths, nested and terminating, hash prefixes for four bins, unknown fields at
              every place, sha512 beside sha256
  succinct    eight bins by TAP 15
  plain       a root without consistent snapshots, with a nested delegation
  tuf-on-ci   what tuf-on-ci writes: owners, URIs and periods in x-tuf-on-ci-* fields, keyids that
              were computed before those were added, placeholders for signatures that never came

--held lists one more public key among those of the targets role, under this keyid; --expired makes
everything expire yesterday.

Prints, as JSON, the keyids by the names of the signers.
"""

import argparse
import hashlib
import json
import pathlib
import sys
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, Key, Signature, SSlibKey
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

NOW = datetime.now(timezone.utc).replace(microsecond=0)
LATER = NOW + timedelta(days=20)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shape", choices=["mixed", "succinct", "plain", "tuf-on-ci"])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--held", metavar="KEYID=PEM-FILE")
    parser.add_argument("--expired", action="store_true")
    options = parser.parse_args()
    if options.expired:
        global LATER
        LATER = NOW - timedelta(days=1)
    world = World(options.directory)
    shapes = {"mixed": mixed, "succinct": succinct, "plain": plain, "tuf-on-ci": tuf_on_ci}
    shapes[options.shape](world, options.held)
    print(json.dumps({name: key.public_key.keyid for name, key in world.signers.items()}))
    return 0


class World:
    """A repository in the making."""

    def __init__(self, directory: pathlib.Path):
        self.repository = directory / "repository"
        self.originals = directory / "originals"
        self.keys = directory / "keys"
        for path in (self.repository / "metadata", self.repository / "targets", self.keys):
            path.mkdir(parents=True)
        self.consistent = True
        self.signers: dict[str, CryptoSigner] = {}

    def key(self, name: str, kind: str = "ecdsa", keyid: str | None = None, **fields) -> CryptoSigner:
        """A signer; `fields` stand in its key object, and don't count for its keyid."""
        made = {
            "ecdsa": CryptoSigner.generate_ecdsa,
            "ed25519": CryptoSigner.generate_ed25519,
            "rsa": lambda: CryptoSigner.generate_rsa(size=2048),
        }[kind]()
        private = made._private_key
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.keys / f"{name}.pem").write_bytes(pem)
        value = {**made.public_key.to_dict(), **fields}
        signer = CryptoSigner(private, Key.from_dict(keyid or made.public_key.keyid, value))
        self.signers[name] = signer
        return signer

    def target(self, path: str, hashes=("sha256",), **fields) -> TargetFile:
        """A target with its file, under every name that clients may ask for."""
        content = f"the content of {path}\n".encode() * 3
        original = self.originals / path
        original.parent.mkdir(parents=True, exist_ok=True)
        original.write_bytes(content)
        target = TargetFile.from_data(path, content, list(hashes))
        target.unrecognized_fields.update(fields)
        names = target.get_prefixed_paths() if self.consistent else [path]
        for name in names:
            file = self.repository / "targets" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return target

    def write(self, role: str, signed, *signers, change=None, missing=()) -> MetaFile:
        """Signs and writes a document; `change` edits its JSON before, `missing` keyids get empty
        signatures."""
        value = signed.to_dict()
        if change:
            change(value)
        version = value["version"]
        metadata = Metadata(type(signed).from_dict(value))
        for signer in signers:
            metadata.sign(signer, append=True)
        for keyid in missing:
            metadata.signatures[keyid] = Signature(keyid, "")
        content = metadata.to_bytes()
        if role == "timestamp":
            names = ["timestamp.json"]
        elif role == "root":
            names = [f"{version}.root.json"]
        else:
            names = [f"{version}.{role}.json" if self.consistent else f"{role}.json"]
        for name in names:
            (self.repository / "metadata" / name).write_bytes(content)
        return MetaFile.from_data(version, content, ["sha256"])

    def finish(self, meta: dict[str, MetaFile], online, version=1, **options) -> None:
        """Snapshot and timestamp."""
        snapshot = Snapshot(version=version, expires=LATER)
        snapshot.meta = meta
        entry = self.write("snapshot", snapshot, online, **options)
        timestamp = Timestamp(version=version, expires=LATER, snapshot_meta=entry)
        self.write("timestamp", timestamp, online, **options)


def targets_of(*files, version=1, delegations=None) -> Targets:
    targets = {file.path: file for file in files}
    return Targets(version=version, expires=LATER, targets=targets, delegations=delegations)


def delegations_to(*roles: tuple[DelegatedRole, list[CryptoSigner]]) -> Delegations:
    keys = {signer.public_key.keyid: signer.public_key for _, all in roles for signer in all}
    return Delegations(keys, {role.name: role for role, _ in roles})


def delegation(name, signers, threshold=1, terminating=False, **scope):
    keyids = [signer.public_key.keyid for signer in signers]
    return DelegatedRole(name, keyids, threshold, terminating, **scope), signers


def add_held(root: Root, held: str | None) -> None:
    """One more key of the targets role, of which only the public part is known here."""
    if held:
        keyid, path = held.split("=", 1)
        public = load_pem_public_key(pathlib.Path(path).read_bytes())
        key = SSlibKey.from_crypto(public, keyid)
        root.add_key(key, "targets")


def mixed(world: World, held) -> None:
    roots = [world.key("root-1"), world.key("root-2", "ed25519"), world.key("root-3", "rsa")]
    of_targets, online = world.key("targets", "rsa"), world.key("online", "ed25519")
    root = Root(expires=LATER, consistent_snapshot=True)
    gone = world.key("root-0", "ecdsa", keyid="my-first-key")
    for signer in (gone, *roots[:2]):
        root.add_key(signer.public_key, "root")
    root.roles["root"].threshold = 2
    root.add_key(of_targets.public_key, "targets")
    for role in ("snapshot", "timestamp"):
        root.add_key(online.public_key, role)
    # A key that no role names.
    spare = world.key("spare")
    root.keys[spare.public_key.keyid] = spare.public_key

    def strange(value):
        value["x-top"] = {"nested": [1, {"deep": None}]}
        value["roles"]["root"]["x-role"] = "kept"
        value["keys"][spare.public_key.keyid]["x-serial"] = "0123"

    write_root(world, root, [gone, *roots[:2]], strange)
    root.version = 2
    root.revoke_key(gone.public_key.keyid, "root")
    root.add_key(roots[2].public_key, "root")
    add_held(root, held)
    write_root(world, root, [gone, roots[0], roots[1]], strange)

    app, team, nested = world.key("app"), world.key("team", "ed25519"), world.key("nested")
    bins = world.key("bins", "ed25519")
    prefixes = {f"bin-{n:x}": [f"{4 * n + i:x}" for i in range(4)] for n in range(4)}
    roles = [
        delegation("app", [app, team], 2, True, paths=["app/*", "app/*/*"]),
        delegation("odd.name_1", [team], paths=["odd/*"]),
    ]
    roles += [delegation(name, [bins], path_hash_prefixes=list(p)) for name, p in prefixes.items()]
    top = targets_of(
        world.target("top.txt", ("sha256", "sha512"), **{"x-target": {"b": [1, 2]}}),
        world.target("dir/custom.bin", custom={"channel": "stable"}),
        version=3,
        delegations=delegations_to(*roles),
    )

    def odd(value):
        value["x-targets"] = False
        value["delegations"]["x-delegations"] = 1
        value["delegations"]["roles"][0]["x-role"] = {"kept": True}
        value["delegations"]["keys"][app.public_key.keyid]["x-key"] = "kept"

    meta = {"targets.json": world.write("targets", top, of_targets, change=odd)}
    below = targets_of(world.target("app/deep/x.txt"))
    nested_role = delegation("nested", [nested], paths=["app/deep/*"])
    of_app = targets_of(
        world.target("app/hello.txt", custom={"app": 1}),
        version=7,
        delegations=delegations_to(nested_role),
    )
    meta["app.json"] = world.write("app", of_app, app, team)
    meta["nested.json"] = world.write("nested", below, nested)
    strange_name = targets_of(world.target("odd/a.txt"))
    entry = world.write("odd.name_1", strange_name, team)
    meta["odd.name_1.json"] = entry
    hashed: dict[str, list[TargetFile]] = {name: [] for name in prefixes}
    for n in range(9):
        target = world.target(f"hashed/{n}.txt")
        first = hashlib.sha256(target.path.encode()).hexdigest()[0]
        name = next(name for name, p in prefixes.items() if first in p)
        hashed[name].append(target)
    for name, files in hashed.items():
        world.write(name, targets_of(*files, version=2), bins)
        meta[f"{name}.json"] = MetaFile(2)

    def noted(value):
        for entry in value["meta"].values():
            entry["x-meta"] = "kept"

    world.finish(meta, online, version=5, change=noted)


def write_root(world: World, root: Root, signers, change) -> None:
    world.write("root", root, *signers, change=change)


def succinct(world: World, held) -> None:
    signer, online, bins = world.key("root"), world.key("online"), world.key("bins", "ed25519")
    root = Root(expires=LATER, consistent_snapshot=True)
    root.add_key(signer.public_key, "root")
    for role in ("targets", "snapshot", "timestamp"):
        root.add_key(online.public_key, role)
    add_held(root, held)
    world.write("root", root, signer)
    roles = SuccinctRoles([bins.public_key.keyid], 1, 3, "part")
    delegations = Delegations({bins.public_key.keyid: bins.public_key}, succinct_roles=roles)
    files: dict[str, list[TargetFile]] = {name: [] for name in roles.get_roles()}
    for n in range(12):
        target = world.target(f"file-{n}.txt")
        files[roles.get_role_for_target(target.path)].append(target)
    meta = {"targets.json": world.write("targets", targets_of(delegations=delegations), online)}
    for name, listed in files.items():
        world.write(name, targets_of(*listed), bins)
        meta[f"{name}.json"] = MetaFile(1)
    world.finish(meta, online)


def plain(world: World, held) -> None:
    world.consistent = False
    signer, online, app = world.key("root"), world.key("online"), world.key("app")
    root = Root(expires=LATER, consistent_snapshot=False)
    root.add_key(signer.public_key, "root")
    for role in ("targets", "snapshot", "timestamp"):
        root.add_key(online.public_key, role)
    add_held(root, held)
    world.write("root", root, signer)
    role = delegation("app", [app], paths=["app/*"])
    top = targets_of(world.target("top.txt"), version=4, delegations=delegations_to(role))
    meta = {"targets.json": world.write("targets", top, online)}
    meta["app.json"] = world.write("app", targets_of(world.target("app/x.txt"), version=2), app)
    world.finish(meta, online, version=9)


def tuf_on_ci(world: World, held) -> None:
    def owned(name, owner, kind="ecdsa"):
        return world.key(name, kind, **{"x-tuf-on-ci-keyowner": owner})

    alice, bob, carol = (owned(name, f"@{name}") for name in ("alice", "bob", "carol"))
    online = world.key("online", **{"x-tuf-on-ci-online-uri": "gcpkms:projects/x/keys/1"})
    root = Root(expires=LATER, consistent_snapshot=True)
    for signer in (alice, bob, carol):
        root.add_key(signer.public_key, "root")
        root.add_key(signer.public_key, "targets")
    root.roles["root"].threshold = 2
    for role in ("snapshot", "timestamp"):
        root.add_key(online.public_key, role)
    add_held(root, held)

    def periods(value):
        value["x-tuf-on-ci-expiry-period"] = 197
        value["x-tuf-on-ci-signing-period"] = 46
        for role, days in (("snapshot", 365), ("timestamp", 21)):
            value["roles"][role]["x-tuf-on-ci-expiry-period"] = days
            value["roles"][role]["x-tuf-on-ci-signing-period"] = days // 2

    def period(value):
        value["x-tuf-on-ci-expiry-period"] = 123
        value["x-tuf-on-ci-signing-period"] = 40

    missing = [carol.public_key.keyid]
    world.write("root", root, alice, bob, change=periods, missing=missing)
    role = delegation("team", [bob], paths=["team/*"])
    top = targets_of(world.target("top.txt"), delegations=delegations_to(role))
    entry = world.write("targets", top, alice, change=period, missing=missing)
    meta = {"targets.json": MetaFile(entry.version)}
    team = targets_of(world.target("team/x.txt"))
    entry = world.write("team", team, bob, change=period)
    meta["team.json"] = MetaFile(entry.version)
    world.finish(meta, online)


if __name__ == "__main__":
    sys.exit(main())
