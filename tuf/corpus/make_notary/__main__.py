"""Makes the corpus of Notary v1: documents, key files and trust directories.

    apt-get install notary       (0.7.0; and docker 28 on PATH)
    pip install cryptography
    python make_notary

Replaces ../notary/CASE; ../notary/README.md says what each case is.
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import by_hand
import engine
from by_hand import Repository, Signer, document, role, target, targets
from collect import collect
from stack import PASSPHRASE, Stack

OUT = pathlib.Path(__file__).resolve().parent.parent / "notary"
PREFIX = "reg.example.test/corpus"


def p256():
    return ec.generate_private_key(ec.SECP256R1())


def p384():
    return ec.generate_private_key(ec.SECP384R1())


def p521():
    return ec.generate_private_key(ec.SECP521R1())


def rsa2048():
    return rsa.generate_private_key(65537, 2048)


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def addhash(stack, trust, gun, name, *more):
    content = f"content of {name}".encode()
    digest = hashlib.sha256(content).hexdigest()
    stack.notary(trust, "addhash", gun, name, str(len(content)), "--sha256", digest, *more)


def keep(trust, out):
    """A trust directory, as it stands."""
    for part in ("private", "tuf"):
        shutil.copytree(trust / part, out / "trust" / part)


def fresh(stack, gun, out):
    stack.notary(stack.home(), "init", "--publish", gun)
    return collect(stack, gun, out, [])


def docker_28(stack, gun, out):
    config = stack.home()
    for name in ("alice", "bob"):
        stack.docker(config, "trust", "key", "generate", name)
        stack.docker(config, "trust", "signer", "add", "--key", f"{name}.pub", name, gun)
    with engine.serving(config / "socket") as socket:
        for tag in ("v1", "v2"):
            stack.docker(config, "trust", "sign", f"{gun}:{tag}", engine=socket)
    stack.docker(config, "trust", "inspect", gun)
    entries = collect(stack, gun, out, ["v1", "v2"])
    keep(config / "trust", out)
    shutil.copy(config / "alice.pub", out)
    return entries


def notary_0_7(stack, gun, out):
    trust = stack.home()
    stack.notary(trust, "init", gun)
    addhash(stack, trust, gun, "v1")
    openssl("genrsa", "-out", trust / "bob.pem", "2048")
    openssl("rsa", "-in", trust / "bob.pem", "-pubout", "-out", trust / "bob.pub")
    stack.notary(trust, "key", "import", trust / "bob.pem", "--role", "targets/bob")
    stack.notary(trust, "delegation", "add", gun, "targets/bob", trust / "bob.pub", "--all-paths")
    stack.notary(trust, "publish", gun)
    addhash(stack, trust, gun, "v2", "--roles", "targets/bob")
    stack.notary(trust, "publish", gun)
    stack.notary(trust, "list", gun)
    entries = collect(stack, gun, out, ["v1", "v2"])
    # Staged, and not published.
    addhash(stack, trust, gun, "v3", "--roles", "targets/bob")
    stack.notary(trust, "remove", gun, "v1")
    stack.notary(trust, "delegation", "add", gun, "targets/carol", trust / "bob.pub", "--paths", "c/")
    stack.notary(trust, "witness", gun, "targets/bob")
    keep(trust, out)
    stack.notary(trust, "key", "export", "--output", out / "exported.pem")
    stack.notary(trust, "key", "generate", "ecdsa", "--role", "carol", "--output", trust / "carol")
    for made in ("carol.pem", "carol-key.pem"):
        shutil.copy(trust / made, out)
    return entries


def delegations(stack, gun, out):
    trust = stack.home()
    stack.notary(trust, "init", gun)
    keys = {}
    for name, options in {
        "qa-1": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "qa-2": ["-newkey", "rsa:2048"],
        "releases": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
        "nightly": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    }.items():
        private, keys[name] = trust / f"{name}.key", trust / f"{name}.crt"
        subject = ["-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:FALSE"]
        given = [*options, "-nodes", "-days", "3650", *subject]
        openssl("req", "-x509", *given, "-keyout", private, "-out", keys[name])
        stack.notary(trust, "key", "import", private, "--role", f"targets/{name}")
    delegate = ("delegation", "add", "--publish", gun)
    stack.notary(trust, *delegate, "targets/releases", keys["releases"], "--all-paths")
    both = (keys["qa-1"], keys["qa-2"])
    stack.notary(trust, *delegate, "targets/qa", *both, "--paths", "qa/", "--paths", "rc-")
    stack.notary(trust, *delegate, "targets/qa/nightly", keys["nightly"], "--paths", "qa/nightly-")
    for name, where in {
        "v1": "targets",
        "v2": "targets/releases",
        "qa/1": "targets/qa",
        "rc-1": "targets/qa",
        "qa/nightly-1": "targets/qa/nightly",
    }.items():
        addhash(stack, trust, gun, name, "--roles", where)
    stack.notary(trust, "publish", gun)
    return collect(stack, gun, out, ["v1", "v2", "qa/1", "rc-1", "qa/nightly-1"])


def custom(stack, gun, out):
    trust = stack.home()
    stack.notary(trust, "init", gun)
    data = {"a": [1, None, True, "é"], "b": {"c": -3, "d": {}}, "note": 'quoted "text" \\ here'}
    (trust / "custom.json").write_text(json.dumps(data, ensure_ascii=False))
    addhash(stack, trust, gun, "v1", "--custom", "custom.json")
    addhash(stack, trust, gun, "v2")
    stack.notary(trust, "publish", gun)
    return collect(stack, gun, out, ["v1", "v2"])


def rotated(stack, gun, out):
    trust = stack.home()
    stack.notary(trust, "init", gun)
    addhash(stack, trust, gun, "v1")
    stack.notary(trust, "publish", gun)
    for rotation in (["root"], ["snapshot", "-r"], ["targets"], ["timestamp", "-r"], ["root"]):
        stack.notary(trust, "key", "rotate", gun, *rotation)
    return collect(stack, gun, out, ["v1"])


def purged(stack, gun, out):
    trust = stack.home()
    stack.notary(trust, "init", gun)
    addhash(stack, trust, gun, "v1")
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", trust / "bob.pem")
    openssl("ec", "-in", trust / "bob.pem", "-pubout", "-out", trust / "bob.pub")
    add = ("delegation", "add", "--publish", gun, "targets/bob", trust / "bob.pub", "--all-paths")
    stack.notary(trust, *add)
    targets = json.loads(stack.get(gun, "targets.json"))
    (keyid,) = targets["signed"]["delegations"]["keys"]
    stack.notary(trust, "delegation", "purge", "--publish", gun, "--key", keyid)
    stack.notary(trust, "delegation", "add", "--publish", gun, "targets/carol", trust / "bob.pub")
    return collect(stack, gun, out, ["v1"])


def ed25519_online(stack, gun, out):
    trust = stack.home()
    stack.notary(trust, "init", gun)
    addhash(stack, trust, gun, "v1")
    stack.notary(trust, "publish", gun)
    stack.notary(trust, "key", "rotate", gun, "snapshot", "-r")
    return collect(stack, gun, out, ["v1"])


def of_keys(root_private, targets_private, scheme=None):
    """A repository with these keys."""

    def make(stack, gun, out):
        one, two = Signer(root_private(), gun, scheme), Signer(targets_private(), scheme=scheme)
        repository = Repository(stack, gun)
        root = repository.root(1, role([one]), role([two]), [one, two])
        files = targets(1, {"v1": target(b"one")})
        repository.publish({"root": document(root, [one]), "targets": document(files, [two])})
        return collect(stack, gun, out, ["v1"])

    return make


def threshold_2(stack, gun, out):
    one, two, three = Signer(p256(), gun), Signer(rsa2048(), gun), Signer(p256(), gun)
    a, b, c = (Signer(it) for it in (p256(), ed25519.Ed25519PrivateKey.generate(), rsa2048()))
    repository = Repository(stack, gun)
    sharing = role([a, b, c], 2)
    root = repository.root(1, role([one, two], 2), sharing, [one, two, a, b, c])
    releases = {"name": "targets/releases", "paths": [""], **role([b, c], 2)}
    files = targets(1, {"v1": target(b"one")}, [releases], [b, c])
    released = targets(1, {"v2": target(b"two")})
    repository.publish(
        {
            "root": document(root, [one, two]),
            "targets": document(files, [a, c]),
            "targets/releases": document(released, [b, c]),
        }
    )
    root = repository.root(2, role([one, three], 2), sharing, [one, two, three, a, b, c])
    repository.publish({"root": document(root, [one, two, three])})
    return collect(stack, gun, out, ["v1", "v2"])


def wildcard(stack, gun, out):
    one, two = Signer(p256(), f"{PREFIX}/*"), Signer(p256(), f"{PREFIX}/*")
    repository = Repository(stack, gun)
    key = Signer(p256())
    root = repository.root(1, role([one, two]), role([key]), [one, two, key])
    files = targets(1, {"v1": target(b"one")})
    repository.publish({"root": document(root, [two]), "targets": document(files, [key])})
    return collect(stack, gun, out, ["v1"])


def authorities(stack, gun, out):
    ca, between, leaf = p256(), p256(), p256()
    plain = [(x509.BasicConstraints(ca=False, path_length=None), True)]
    bundle = by_hand.issued(leaf, gun, between, "between", plain)
    bundle += by_hand.authority(between, "between", ca, "ca")
    one, two = Signer(leaf, bundle=bundle), Signer(p256())
    repository = Repository(stack, gun)
    root = repository.root(1, role([one]), role([two]), [one, two])
    files = targets(1, {"v1": target(b"one")})
    repository.publish({"root": document(root, [one]), "targets": document(files, [two])})
    entries = collect(stack, gun, out, ["v1"])
    (out / "ca.pem").write_bytes(by_hand.authority(ca, "ca", ca, "ca"))
    # Whoever is told of the authority trusts the repository, and of another one does not.
    (out / "other.pem").write_bytes(by_hand.authority(leaf, "ca", leaf, "ca"))
    for file, trusted in (("ca.pem", True), ("other.pem", False)):
        home = stack.home()
        pinning = {"ca": {gun: str(out / file)}, "disable_tofu": True}
        (home / "config.json").write_text(json.dumps({"trust_pinning": pinning}))
        assert stack.can_list(home, gun) == trusted, file
    return entries


def strange(stack, gun, out):
    names = ["a<b>&c", 'q"uote', "é\u2028\u2029", "\U0001f511", "\uffff", "z/" * 20 + "z"]
    data = {"z": "<&>", "a": {"é": [1, "\u2028"]}, "A": False, 'q"\\': "\\u003c"}
    one, two = Signer(p256(), gun), Signer(p256())
    repository = Repository(stack, gun)
    root = repository.root(1, role([one]), role([two]), [one, two])
    files = targets(7, {name: target(name.encode(), data) for name in names})
    repository.publish({"root": document(root, [one]), "targets": document(files, [two])})
    return collect(stack, gun, out, ["a<b>&c"])


CASES = {
    "fresh": fresh,
    "docker-28": docker_28,
    "notary-0.7": notary_0_7,
    "delegations": delegations,
    "custom": custom,
    "rotated": rotated,
    "purged": purged,
    "p-384": of_keys(p384, p384),
    "p-521": of_keys(p256, p521),
    "ed25519": of_keys(p256, ed25519.Ed25519PrivateKey.generate),
    "rsa-pss": of_keys(rsa2048, rsa2048),
    "rsa-pkcs1v15": of_keys(rsa2048, rsa2048, "rsapkcs1v15"),
    "threshold-2": threshold_2,
    "wildcard": wildcard,
    "authorities": authorities,
    "strange": strange,
}


def main():
    documents = []

    def make(stack, name, case):
        shutil.rmtree(OUT / name, ignore_errors=True)
        documents.extend(case(stack, f"{PREFIX}/{name}", OUT / name))

    with tempfile.TemporaryDirectory() as work:
        with Stack(f"{work}/ecdsa") as stack:
            for name, case in CASES.items():
                make(stack, name, case)
        with Stack(f"{work}/ed25519", "ed25519") as stack:
            make(stack, "ed25519-online", ed25519_online)
    manifest = {"made": int(time.time()), "passphrase": PASSPHRASE, "documents": documents}
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


main()
