"""Takes what a server publishes into the corpus, and judges every byte and signature of it."""

import base64
import hashlib
import json

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils

import by_hand


def collect(stack, gun, out, tags):
    """Writes all published documents below `out`; returns their entries of the manifest. `tags` are
    what a new client of each command line must list."""
    listed = stack.notary(stack.home(), "list", gun)
    inspected = stack.docker(stack.home(), "trust", "inspect", gun)
    for tag in tags:
        assert tag in listed, (tag, listed)
    assert json.loads(inspected)[0]["Name"] == gun, inspected

    entries, keys = [], {}

    def take(name, role, root, content):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        signed = json.loads(content)["signed"]
        if role == "root":
            keys.update(signed["keys"])
        payload = by_hand.canonical(signed).encode()
        entries.append(
            {
                "file": f"{out.name}/{name}",
                "gun": gun,
                "role": role,
                "root": f"{out.name}/{root}",
                "canonical_length": len(payload),
                "canonical_sha256": hashlib.sha256(payload).hexdigest(),
                "signers": judged(content, payload, keys),
            }
        )
        return signed

    version = 1
    while (content := stack.get(gun, f"{version}.root.json")) is not None:
        root = f"{version}.root.json"
        take(root, "root", root, content)
        version += 1
    timestamp = take("timestamp.json", "timestamp", root, stack.get(gun, "timestamp.json"))
    meta = timestamp["meta"]
    snapshot = take("snapshot.json", "snapshot", root, named(stack, gun, meta, "snapshot"))
    named(stack, gun, snapshot["meta"], "root")
    # A delegation's keys are known from the role above it.
    for name in sorted(set(snapshot["meta"]) - {"root"}):
        role = "targets" if name == "targets" else "delegated"
        signed = take(f"{name}.json", role, root, named(stack, gun, snapshot["meta"], name))
        keys.update(signed["delegations"]["keys"])
    return entries


def named(stack, gun, meta, name):
    """The file that an entry names by its hash."""
    sha256 = base64.b64decode(meta[name]["hashes"]["sha256"])
    content = stack.get(gun, f"{name}.{sha256.hex()}.json")
    assert hashlib.sha256(content).digest() == sha256
    assert len(content) == meta[name]["length"]
    return content


def judged(content, payload, keys):
    """Who signed, where every signature is of a known key and verifies, and the bytes are Go's."""
    value = json.loads(content)
    signatures = [
        f'{{"keyid":"{one["keyid"]}","method":"{one["method"]}","sig":"{one["sig"]}"}}'
        for one in value["signatures"]
    ]
    text = f'{{"signed":{by_hand.stored(value["signed"])},"signatures":[{",".join(signatures)}]}}'
    assert text.encode() == content
    signers = []
    for one in value["signatures"]:
        key = keys[one["keyid"]]
        assert by_hand.keyid(key) == one["keyid"]
        public = public_key(key)
        verify(public, one["method"], base64.b64decode(one["sig"]), payload)
        signers.append(
            {
                "keyid": one["keyid"],
                "canonical_keyid": by_hand.keyid(by_hand.bare(public)),
                "method": one["method"],
            }
        )
    return signers


def public_key(key):
    kind, public = key["keytype"], base64.b64decode(key["keyval"]["public"])
    if kind == "ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(public)
    if kind.endswith("-x509"):
        return x509.load_pem_x509_certificate(public).public_key()
    return serialization.load_der_public_key(public)


def verify(public, method, signature, payload):
    sha256 = hashes.SHA256()
    match method:
        case "eddsa":
            public.verify(signature, payload)
        case "rsapss":
            public.verify(signature, payload, by_hand.PSS, sha256)
        case "rsapkcs1v15":
            public.verify(signature, payload, padding.PKCS1v15(), sha256)
        case "ecdsa":
            half = len(signature) // 2
            r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            public.verify(utils.encode_dss_signature(r, s), payload, ec.ECDSA(sha256))
        case _:
            raise InvalidSignature(method)
