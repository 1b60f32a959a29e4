"""Makes the python-tuf part of the corpus. Keys are made anew and forgotten.

    pip install tuf==7.0.1 securesystemslib[crypto]
    python make.py
"""

import hashlib
import json
import shutil
from datetime import datetime, timezone
from pathlib import Path

from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Key,
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

HERE = Path(__file__).parent
OUT = HERE / "python-tuf"
EXPIRES = datetime(2040, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
manifest = []


def p256():
    return CryptoSigner.generate_ecdsa()


def ed25519():
    return CryptoSigner.generate_ed25519()


def rsa():
    return CryptoSigner.generate_rsa(size=3072)


def renamed(signer, **changes):
    """The same key, written otherwise."""
    key = signer.public_key.to_dict()
    unrecognized = changes.pop("unrecognized", {})
    keyid = changes.pop("keyid", None)
    key.update(changes)
    key.update(unrecognized)
    if keyid is None:
        keyid = hashlib.sha256(encode_canonical(key).encode()).hexdigest()
    return CryptoSigner(signer._private_key, Key.from_dict(keyid, key))


def write(case, name, role, root, envelope, pretty=True):
    """Writes a document, and what securesystemslib says of it into the manifest."""
    path = OUT / case / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(envelope, Metadata):
        path.write_bytes(JSONSerializer(compact=not pretty).serialize(envelope))
    else:
        path.write_text(json.dumps(envelope, ensure_ascii=not pretty, indent=1 if pretty else None))
    signed = json.loads(path.read_bytes())["signed"]
    payload = encode_canonical(signed).encode()
    manifest.append(
        {
            "file": f"python-tuf/{case}/{name}",
            "role": role,
            "root": f"python-tuf/{case}/{root}",
            "canonical_length": len(payload),
            "canonical_sha256": hashlib.sha256(payload).hexdigest(),
        }
    )


def sign(signed, *signers):
    """An envelope made without python-tuf's classes, for what they would refuse."""
    payload = encode_canonical(signed).encode()
    signatures = [signer.sign(payload).to_dict() for signer in signers]
    return {"signatures": signatures, "signed": signed}


def signed(document, *signers):
    metadata = Metadata(document)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata


def repository(case, keys, targets, delegated=(), pretty=True):
    """A whole repository. `keys` maps roles to (signers, threshold)."""
    root = Root(expires=EXPIRES, consistent_snapshot=True)
    for role, (signers, threshold) in keys.items():
        for signer in signers:
            root.add_key(signer.public_key, role)
        root.roles[role].threshold = threshold
    write(case, "1.root.json", "root", "1.root.json", signed(root, *keys["root"][0]), pretty)
    snapshot = Snapshot(expires=EXPIRES)
    for name, document, signers in delegated:
        write(case, f"1.{name}.json", "delegated", "1.root.json", signed(document, *signers), pretty)
        snapshot.meta[f"{name}.json"] = MetaFile(version=1)
    targets_file = signed(targets, *keys["targets"][0])
    write(case, "1.targets.json", "targets", "1.root.json", targets_file, pretty)
    snapshot.meta["targets.json"] = meta(case, "1.targets.json")
    snapshot_file = signed(snapshot, *keys["snapshot"][0])
    write(case, "1.snapshot.json", "snapshot", "1.root.json", snapshot_file, pretty)
    timestamp = Timestamp(expires=EXPIRES, snapshot_meta=meta(case, "1.snapshot.json"))
    timestamp_file = signed(timestamp, *keys["timestamp"][0])
    write(case, "timestamp.json", "timestamp", "1.root.json", timestamp_file, pretty)
    return root


def meta(case, name):
    content = (OUT / case / name).read_bytes()
    return MetaFile.from_data(1, content, ["sha256"])


def target(path, content, hashes=("sha256",), **unrecognized):
    file = TargetFile.from_data(path, content, list(hashes))
    file.unrecognized_fields.update(unrecognized)
    return file


def targets_of(*files, delegations=None):
    files = {file.path: file for file in files}
    return Targets(expires=EXPIRES, targets=files, delegations=delegations)


def one_key_each(root_signers, threshold):
    others = {role: ([ed25519()], 1) for role in ("targets", "snapshot", "timestamp")}
    return {"root": (root_signers, threshold), **others}


def rotation():
    """Two roots: the second takes an Ed25519 key out and a P-256 key in."""
    first, second, third, fresh = p256(), ed25519(), rsa(), p256()
    keys = one_key_each([first, second, third], 2)
    keys["targets"] = ([rsa()], 1)
    keys["snapshot"] = ([p256()], 1)
    files = [target("a.txt", b"a"), target("dir/b.bin", b"b" * 1000, ("sha256", "sha512"))]
    root = repository("rotation", keys, targets_of(*files))
    root.version = 2
    root.revoke_key(second.public_key.keyid, "root")
    root.add_key(fresh.public_key, "root")
    metadata = signed(root, first, third, fresh)
    write("rotation", "2.root.json", "root", "2.root.json", metadata)


def paths():
    signer = p256()
    role = DelegatedRole("app", [signer.public_key.keyid], 1, True, paths=["app/*", "lib/?.so"])
    delegations = Delegations({signer.public_key.keyid: signer.public_key}, {"app": role})
    app = targets_of(target("app/hello.txt", b"hello"))
    targets = targets_of(target("top.txt", b"top"), delegations=delegations)
    keys = one_key_each([p256()], 1)
    repository("paths", keys, targets, [("app", app, [signer])], pretty=False)


def bins():
    signer = ed25519()
    keyid = signer.public_key.keyid
    prefixes = {f"bin-{n:x}": [f"{4 * n + i:x}" for i in range(4)] for n in range(4)}
    roles = {
        name: DelegatedRole(name, [keyid], 1, False, path_hash_prefixes=prefix)
        for name, prefix in prefixes.items()
    }
    delegations = Delegations({keyid: signer.public_key}, roles)
    files = [(name, targets_of(), [signer]) for name in roles]
    repository("bins", one_key_each([rsa()], 1), targets_of(delegations=delegations), files)


def succinct():
    signer = ed25519()
    keyid = signer.public_key.keyid
    roles = SuccinctRoles([keyid], 1, 2, "bin")
    delegations = Delegations({keyid: signer.public_key}, succinct_roles=roles)
    files = [(name, targets_of(), [signer]) for name in roles.get_roles()]
    repository("succinct", one_key_each([p256()], 1), targets_of(delegations=delegations), files)


def strange_names():
    """Names whose order differs by code point and by UTF-16 unit, and control characters."""
    names = ["\uff5e.txt", "\U0001f511.txt", "é.txt", "\u65e5\u672c.txt", 'quo"te', "zz \u200b"]
    controls = {"x-controls": "".join(map(chr, range(0x20))) + '\x7f\x85"\\/\u2028\ufeff'}
    files = [target(name, name.encode(), custom=controls) for name in names]
    targets = targets_of(*files)
    targets.unrecognized_fields = {"x-\U0001f511": [None, True, False, -1, {}, []], "x-\uff5e": 1}
    repository("strange-names", one_key_each([ed25519()], 1), targets)


def unknown_fields():
    """Fields that no specification names, at every place that may have them."""
    root_key = renamed(p256(), unrecognized={"x-serial": "0123", "keyid_hash_algorithms": ["sha256"]})
    targets_key = p256()
    others = [ed25519() for _ in range(2)]
    keys = one_key_each([root_key], 1)
    keys["targets"] = ([targets_key], 1)
    root = Root(expires=EXPIRES, consistent_snapshot=True)
    for role, (signers, _) in keys.items():
        root.add_key(signers[0].public_key, role)
    value = root.to_dict()
    value["x-top"] = {"nested": [1, {"deep": None}]}
    value["roles"]["root"]["x-role"] = "kept"
    value["roles"]["mirrors"] = {"keyids": [others[0].public_key.keyid], "threshold": 1}
    value["keys"][others[0].public_key.keyid] = others[0].public_key.to_dict()
    value["keys"]["x-post-quantum"] = {
        "keytype": "ml-dsa",
        "scheme": "ml-dsa-65/1",
        "keyval": {"public": "AAAA"},
    }
    value["roles"]["root"]["keyids"].append("x-post-quantum")
    envelope = sign(value, root_key)
    envelope["x-envelope"] = {"made": "here"}
    envelope["signatures"][0]["x-signature"] = 7
    write("unknown-fields", "1.root.json", "root", "1.root.json", envelope)
    targets = targets_of(target("a", b"a", **{"x-target": {"b": [1, 2]}})).to_dict()
    targets["x-targets"] = False
    write("unknown-fields", "1.targets.json", "targets", "1.root.json", sign(targets, targets_key))
    snapshot = Snapshot(expires=EXPIRES).to_dict()
    snapshot["meta"]["targets.json"]["x-meta"] = "kept"
    envelope = sign(snapshot, *keys["snapshot"][0])
    write("unknown-fields", "1.snapshot.json", "snapshot", "1.root.json", envelope, pretty=False)
    timestamp = Timestamp(expires=EXPIRES).to_dict()
    timestamp["meta"]["snapshot.json"]["x-meta"] = "kept"
    envelope = sign(timestamp, *keys["timestamp"][0])
    write("unknown-fields", "timestamp.json", "timestamp", "1.root.json", envelope, pretty=False)


def legacy():
    """The old keytype, a keyid that is not the key's digest, one that is no digest, and
    signatures that were never filled in."""
    old = renamed(p256(), keytype="ecdsa-sha2-nistp256")
    wrong = renamed(p256(), keyid="00" * 32)
    word = renamed(ed25519(), keyid="my-key")
    placeholders = [p256(), rsa()]
    keys = one_key_each([old, wrong, word, *placeholders], 3)
    root = Root(expires=EXPIRES, consistent_snapshot=None)
    for role, (signers, threshold) in keys.items():
        for signer in signers:
            root.add_key(signer.public_key, role)
        root.roles[role].threshold = threshold
    value = root.to_dict()
    value.pop("consistent_snapshot", None)
    value["spec_version"] = "1.0"
    envelope = sign(value, old, wrong, word)
    for signer in placeholders:
        envelope["signatures"].append({"keyid": signer.public_key.keyid, "sig": ""})
    write("legacy", "1.root.json", "root", "1.root.json", envelope)
    timestamp = Timestamp(expires=EXPIRES)
    metadata = signed(timestamp, *keys["timestamp"][0])
    write("legacy", "timestamp.json", "timestamp", "1.root.json", metadata)


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    for case in (rotation, paths, bins, succinct, strange_names, unknown_fields, legacy):
        case()
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


main()
