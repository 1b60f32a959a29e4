"""Debian's notary-server and notary-signer, with memories that end with them, and their users."""

import contextlib
import datetime
import http.client
import ipaddress
import json
import os
import pathlib
import socket
import ssl
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSPHRASE = "a passphrase of the corpus"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def write_credentials(directory):
    """ca.crt, and host.crt with host.key for localhost, which serves and asks."""
    now = datetime.datetime.now(datetime.timezone.utc)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "host")}
    for name in keys:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")]))
            .public_key(keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), critical=True)
        )
        if name == "host":
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        made = builder.sign(keys["ca"], hashes.SHA256())
        (directory / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (directory / "host.key").write_bytes(
        keys["host"].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


class Stack:
    """A server with a signer whose keys are of this algorithm: ecdsa or ed25519."""

    def __init__(self, work, algorithm="ecdsa"):
        self.work = pathlib.Path(work)
        self.work.mkdir()
        self.processes = []
        self.users = 0
        write_credentials(self.work)
        signer, self.port = free_port(), free_port()
        tls = {"tls_cert_file": "host.crt", "tls_key_file": "host.key"}
        storage = {"storage": {"backend": "memory"}}
        self._start(
            "notary-signer",
            signer,
            {"server": {"grpc_addr": f"127.0.0.1:{signer}", "client_ca_file": "ca.crt", **tls}, **storage},
        )
        trust = {
            "type": "remote",
            "hostname": "localhost",
            "port": str(signer),
            "key_algorithm": algorithm,
            "tls_ca_file": "ca.crt",
            "tls_client_cert": "host.crt",
            "tls_client_key": "host.key",
        }
        self._start(
            "notary-server",
            self.port,
            {"server": {"http_addr": f"127.0.0.1:{self.port}", **tls}, "trust_service": trust, **storage},
        )
        while self.ask("GET", "/_notary_server/health")[0] != 200:
            time.sleep(0.05)

    def _start(self, program, port, config):
        path = self.work / f"{program}.json"
        path.write_text(json.dumps(config))
        with open(self.work / f"{program}.log", "wb") as log:
            command = [program, "-config", path, "-logf=json"]
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return
            assert self.processes[-1].poll() is None, f"{program} ended"
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def ask(self, method, path, body=None, headers=None):
        """(status, body) of one request."""
        context = ssl.create_default_context(cafile=self.work / "ca.crt")
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context)
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        return reply.status, reply.read()

    def get(self, gun, name):
        """A file of a repository, or None."""
        status, body = self.ask("GET", f"/v2/{gun}/_trust/tuf/{name}")
        assert status in (200, 404), body
        return body if status == 200 else None

    def home(self):
        """A directory for a user who has seen nothing."""
        self.users += 1
        home = self.work / f"user-{self.users}"
        home.mkdir()
        return home

    def notary(self, trust, *arguments):
        """Runs notary with this trust directory; returns what it prints."""
        roles = ("ROOT", "TARGETS", "SNAPSHOT", "DELEGATION")
        environment = {f"NOTARY_{role}_PASSPHRASE": PASSPHRASE for role in roles}
        url = ["--server", f"https://127.0.0.1:{self.port}", "--tlscacert", self.work / "ca.crt"]
        # It asks whether a root is to be rotated.
        command = ["notary", *url, "--trustDir", trust, *arguments]
        return run(command, trust, environment, b"yes\n")

    def can_list(self, home, gun):
        """Does notary list a repository, with this directory's config.json?"""
        try:
            self.notary(home, "--configFile", home / "config.json", "list", gun)
        except AssertionError as error:
            assert "trusted root" in str(error), error
            return False
        return True

    def docker(self, config, *arguments, engine="/nonexistent"):
        """Runs docker with this config directory; returns what it prints."""
        roots = config / "tls" / f"127.0.0.1:{self.port}"
        roots.mkdir(parents=True, exist_ok=True)
        (roots / "ca.crt").write_bytes((self.work / "ca.crt").read_bytes())
        environment = {
            "DOCKER_CONFIG": config,
            "DOCKER_HOST": f"unix://{engine}",
            "DOCKER_CONTENT_TRUST_SERVER": f"https://127.0.0.1:{self.port}",
            "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": PASSPHRASE,
            "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": PASSPHRASE,
        }
        return run(["docker", *arguments], config, environment, b"")


def run(command, home, environment, given):
    environment = {**os.environ, "HOME": home, **environment}
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=home,
        env={name: str(value) for name, value in environment.items()},
        input=given,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, f"{command}: {ran}"
    return ran.stdout.decode()
