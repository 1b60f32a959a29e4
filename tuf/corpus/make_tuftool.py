"""Makes the tuftool part of the corpus. Keys are made anew and forgotten.

    cargo install tuftool@0.17.0     (on PATH; openssl makes the keys)
    pip install securesystemslib
    python make_tuftool.py
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from securesystemslib.formats import encode_canonical

OUT = Path(__file__).parent / "tuftool"
EXPIRES = "2040-01-02T03:04:05Z"


def run(*command):
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def key(work, name, *options):
    path = work / f"{name}.pem"
    run("openssl", "genpkey", "-quiet", "-out", path, *options)
    if name == "rsa":
        return path
    # tuftool reads RSA keys as PEM, the others as PKCS#8 in DER.
    der = work / f"{name}.der"
    run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", path, "-outform", "DER", "-out", der)
    return der


def root(path, version, root_keys, online_key):
    run("tuftool", "root", "init", path, "--version", version)
    run("tuftool", "root", "expire", path, EXPIRES)
    for name in root_keys:
        run("tuftool", "root", "add-key", path, "-k", name, "--role", "root")
    roles = ["--role", "targets", "--role", "snapshot", "--role", "timestamp"]
    run("tuftool", "root", "add-key", path, "-k", online_key, *roles)
    run("tuftool", "root", "set-threshold", path, "root", 2)
    for role in ("targets", "snapshot", "timestamp"):
        run("tuftool", "root", "set-threshold", path, role, 1)


def make(work):
    rsa = key(work, "rsa", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072")
    ec = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    p256, fresh = key(work, "p256", *ec), key(work, "fresh", *ec)
    ed25519 = key(work, "ed25519", "-algorithm", "ED25519")
    first, second = work / "1.root.json", work / "2.root.json"
    root(first, 1, [rsa, p256], ed25519)
    run("tuftool", "root", "sign", first, "-k", rsa, "-k", p256)
    root(second, 2, [p256, fresh], ed25519)
    run("tuftool", "root", "sign", second, "-k", p256, "-k", fresh)
    sign_by_old(first, second, rsa)
    files = work / "files"
    files.mkdir()
    (files / "hello.txt").write_text("hello\n")
    (files / "data.bin").write_bytes(bytes(range(256)))
    options = ["--outdir", work / "out", "--root", second, "--add-targets", files, "-k", ed25519]
    for role in ("targets", "snapshot", "timestamp"):
        options += [f"--{role}-expires", EXPIRES, f"--{role}-version", 3]
    run("tuftool", "create", *options)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    for path in sorted((work / "out" / "metadata").iterdir()):
        shutil.copy(path, OUT)
    shutil.copy(first, OUT)


def sign_by_old(first, second, rsa):
    """The old root's RSA key signs the new root, too."""
    run("tuftool", "root", "sign", second, "-k", rsa, "--cross-sign", first, "-i")


def manifest():
    entries = []
    for path in sorted(OUT.iterdir()):
        payload = encode_canonical(json.loads(path.read_bytes())["signed"]).encode()
        role = path.name.removesuffix(".json").rsplit(".")[-1]
        entries.append(
            {
                "file": f"tuftool/{path.name}",
                "role": role,
                "root": f"tuftool/{'1' if path.name.startswith('1.') else '2'}.root.json",
                "canonical_length": len(payload),
                "canonical_sha256": hashlib.sha256(payload).hexdigest(),
            }
        )
    return entries


with tempfile.TemporaryDirectory() as directory:
    make(Path(directory))
(OUT / "manifest.json").write_text(json.dumps(manifest(), indent=1) + "\n")
