"""Documents of Notary v1 as neither command line makes them, in the bytes that Go would print."""

import base64
import datetime
import hashlib
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

EXPIRES = "2040-01-02T03:04:05.12Z"
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)


def canonical(value):
    """Canonical JSON: what is signed."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode())
        return "{" + ",".join(canonical(k) + ":" + canonical(v) for k, v in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return json.dumps(value)


def stored(value):
    """The same as Go writes it into a file."""
    text = canonical(value)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def b64(content):
    return base64.b64encode(content).decode()


def keyid(key):
    return hashlib.sha256(canonical(key).encode()).hexdigest()


def key(kind, public):
    return {"keytype": kind, "keyval": {"private": None, "public": b64(public)}}


def sign(private, content, scheme=None):
    """(method, signature)."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "eddsa", private.sign(content)
    if isinstance(private, rsa.RSAPrivateKey):
        if scheme == "rsapkcs1v15":
            return scheme, private.sign(content, padding.PKCS1v15(), hashes.SHA256())
        return "rsapss", private.sign(content, PSS, hashes.SHA256())
    r, s = utils.decode_dss_signature(private.sign(content, ec.ECDSA(hashes.SHA256())))
    size = (private.key_size + 7) // 8
    return "ecdsa", r.to_bytes(size, "big") + s.to_bytes(size, "big")


class Signer:
    """A key, with a certificate of this name where one is given, or with this bundle (PEM)."""

    def __init__(self, private, name=None, scheme=None, bundle=None):
        self.private, self.scheme = private, scheme
        self.key = bare(private.public_key())
        if name is not None:
            bundle = certificate(private, name)
        if bundle is not None:
            self.key = key(self.key["keytype"] + "-x509", bundle)
        self.keyid = keyid(self.key)

    def signature(self, content):
        method, signature = sign(self.private, content, self.scheme)
        return {"keyid": self.keyid, "method": method, "sig": b64(signature)}


def bare(public):
    """A public key as notary writes one."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        return key("ed25519", public.public_bytes_raw())
    kind = "rsa" if isinstance(public, rsa.RSAPublicKey) else "ecdsa"
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key(kind, public.public_bytes(serialization.Encoding.DER, spki))


def certificate(private, name):
    """PEM, as notary makes them."""
    usage = x509.KeyUsage(True, False, True, False, False, False, False, False, False)
    extensions = [
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
    ]
    return issued(private, name, private, name, extensions)


def authority(private, name, by, by_name):
    """PEM of a certificate for an authority."""
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    extensions = [(usage, True), (x509.BasicConstraints(ca=True, path_length=None), True)]
    return issued(private, name, by, by_name, extensions)


def issued(private, name, by, by_name, extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by_name)]))
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def document(signed, signers):
    content = canonical(signed).encode()
    signatures = stored([signer.signature(content) for signer in signers])
    return f'{{"signed":{stored(signed)},"signatures":{signatures}}}'.encode()


def role(signers, threshold=1):
    return {"keyids": [signer.keyid for signer in signers], "threshold": threshold}


def root(version, roles, keys):
    return {
        "_type": "Root",
        "consistent_snapshot": False,
        "expires": EXPIRES,
        "keys": keys,
        "roles": roles,
        "version": version,
    }


def targets(version, files, delegations=(), signers=()):
    """`delegations` name the keys of `signers`."""
    return {
        "_type": "Targets",
        "delegations": {
            "keys": {signer.keyid: signer.key for signer in signers},
            "roles": list(delegations),
        },
        "expires": EXPIRES,
        "targets": files,
        "version": version,
    }


def target(content, custom=None):
    entry = {
        "hashes": {"sha256": b64(hashlib.sha256(content).digest())},
        "length": len(content),
    }
    return entry if custom is None else {"custom": custom, **entry}


class Repository:
    """A repository of a stack, whose server has the keys of snapshot and timestamp."""

    def __init__(self, stack, gun):
        self.stack, self.gun = stack, gun
        self.online = {}
        for name in ("snapshot", "timestamp"):
            found = json.loads(stack.get(gun, f"{name}.key"))
            self.online[name] = key(found["keytype"], base64.b64decode(found["keyval"]["public"]))

    def root(self, version, root_role, targets_role, signers):
        """A root; `signers` sign it, and have the keys of both roles."""
        keys = {signer.keyid: signer.key for signer in signers}
        keys |= {keyid(value): value for value in self.online.values()}
        roles = {name: {"keyids": [keyid(value)], "threshold": 1} for name, value in self.online.items()}
        return root(version, {"root": root_role, "targets": targets_role, **roles}, keys)

    def publish(self, files):
        """Uploads documents by their roles."""
        boundary = "boundary-of-a-form"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n"
            for name, content in files.items()
        ]
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        reply = self.stack.ask("POST", f"/v2/{self.gun}/_trust/tuf/", body, headers)
        assert reply[0] == 200, reply
