#!/usr/bin/env python3
"""Repositories of 1,000, 10,000 and 100,000 targets: privyseal against python-tuf, in one run.

usage: bench/scale.py [--short]

Both sides do the same work in processes of their own, on the same files of 64 bytes each:

  create   hash every file, sign root to timestamp, lay out metadata and targets
  update   one file gets another content; new versions of what that changes
  verify   from the first root to the content of every target

privyseal signs through an agent with SoftHSM2 and makes everything durable; python-tuf signs with
software keys and does not. A figure is wall-clock time, whole processes; "mem" is the highest
resident set of any process of privyseal (client and agent apart). Every process runs with at most
1,024 open files. "flat" is one targets.json, "bins" is TAP 15.
"""

import contextlib
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
PEER = ROOT / "bench" / "scale_peer.py"
KEYS = ["root-1", "root-2", "release", "online", "bins"]

CONFIG = """
[agent]
socket = "{dir}/agent.sock"
operators = ["uid:{uid}"]

[limits]
document_bytes = 16777216

[ledger]
directory = "{dir}/ledger"
keystore = "hsm"
key = "ledger"
{genesis}
[[keystore]]
name = "hsm"
kind = "pkcs11"
module = "/usr/lib/softhsm/libsofthsm2.so"
token = "{token}"
pin = {{ file = "{dir}/token/pin" }}

[[authority]]
name = "bench"

[[grant]]
callers = ["uid:{uid}"]
authority = "bench"
repositories = ["*"]
roles = ["root", "targets", "snapshot", "timestamp"]
delegations = ["*"]
keys = ["*"]
open = true
"""


def main() -> int:
    if sys.argv[1:] not in ([], ["--short"]):
        print(__doc__, file=sys.stderr)
        return 2
    short = bool(sys.argv[1:])
    cases = [(1_000, 0), (10_000, 0), (10_000, 256)]
    cases += [] if short else [(100_000, 0), (100_000, 1024), (100_000, 16_384)]
    print(f"{'targets':>8} {'layout':>10}  {'':8} {'create':>9} {'update':>9} {'verify':>9}  {'client':>8} {'agent':>8}")
    for targets, bins in cases:
        case(targets, bins)
    return 0


def case(targets: int, bins: int) -> None:
    layout = f"{bins} bins" if bins else "flat"
    with tempfile.TemporaryDirectory(prefix="privyseal-scale-") as name:
        directory = pathlib.Path(name)
        source = directory / "source"
        files(source, targets)
        ours = Ours(directory / "ours", bins).run(source)
        peer = peers(directory / "peer", bins, source)
    shown = [f"{seconds:8.2f}s" for seconds in ours["times"]]
    memory = [f"{kib / 1024:5.0f} MiB" for kib in (ours["client"], ours["agent"])]
    print(f"{targets:8} {layout:>10}  privyseal {' '.join(shown)[1:]}  {' '.join(memory)}")
    shown = [f"{seconds:8.2f}s" for seconds in peer]
    print(f"{'':8} {'':10}  python-tuf{' '.join(shown)[1:]}")
    ratios = [f"{theirs / own:8.1f}x" for own, theirs in zip(ours["times"], peer)]
    print(f"{'':8} {'':10}  ratio     {' '.join(ratios)[1:]}", flush=True)


def files(source: pathlib.Path, count: int) -> None:
    """A hundred directories of small files, each with a content of its own."""
    for number in range(count):
        directory = source / f"{number % 100:02}"
        if number < 100:
            directory.mkdir(parents=True)
        (directory / f"package-{number:06}.tar").write_text(f"{number:064}")


def measured(command: list[str], cwd: pathlib.Path, env: dict[str, str]) -> tuple[float, int]:
    """Runs a command to its end: seconds, and KiB of its largest resident set."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{output.read().decode()[-2000:]}")
    return time.monotonic() - started, usage.ru_maxrss


class Ours:
    """A token, an agent and a project."""

    def __init__(self, directory: pathlib.Path, bins: int):
        self.dir, self.bins, self.client = directory, bins, 0
        directory.mkdir()
        self.project = directory / "project"
        self.env = {
            **os.environ,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "XDG_STATE_HOME": f"{directory}/state",
            "XDG_CONFIG_HOME": f"{directory}/config",
            "PRIVYSEAL_AGENT": f"unix:{directory}/agent.sock",
        }

    def run(self, source: pathlib.Path) -> dict:
        with self.agent() as agent:
            for key in KEYS:
                self.do(f"key generate {key} --keystore hsm --authority bench --repository scale")
            create = self.do(
                "repo init --authority bench --repository scale --root root-1 root-2 "
                "--targets release --snapshot online --timestamp online"
            )
            if self.bins:
                create += self.do(f"repo bins {self.bins} --key bins")
            create += self.do(f"repo add {source}") + self.do("repo sign --yes")
            create += self.do("repo publish")
            (source / "00" / "package-000000.tar").write_text(f"{1:064}")
            update = self.do(f"repo add {source}/00/package-000000.tar --prefix 00")
            update += self.do("repo sign --yes --accept replaced-target") + self.do("repo publish")
            verify = self.do("repo verify")
            status = pathlib.Path(f"/proc/{agent.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return {
            "times": [create, update, verify],
            "client": self.client,
            "agent": int(peak.split()[1]),
        }

    def do(self, command: str) -> float:
        self.project.mkdir(exist_ok=True)
        seconds, memory = measured(["privyseal", *command.split()], self.project, self.env)
        self.client = max(self.client, memory)
        return seconds

    @contextlib.contextmanager
    def agent(self):
        token = subprocess.run(
            [ROOT / "softhsm" / "token", self.dir / "token"], capture_output=True, text=True, check=True
        ).stdout.strip()
        self.env["SOFTHSM2_CONF"] = f"{self.dir}/token/softhsm2.conf"
        config = self.dir / "privyseald.toml"
        fill = {"dir": self.dir, "uid": os.getuid(), "token": token}
        config.write_text(CONFIG.format(genesis="", **fill))
        daemon = [BIN / "privyseald", "--config", config]
        made = subprocess.run([*daemon, "init"], env=self.env, capture_output=True, text=True, check=True)
        config.write_text(CONFIG.format(genesis=made.stdout, **fill))
        with open(self.dir / "agent.log", "wb") as log:
            agent = subprocess.Popen(daemon, env=self.env, stderr=log)
        try:
            for _ in range(200):
                ready = subprocess.run(
                    [BIN / "privyseal", "agent", "status"], env=self.env, capture_output=True, text=True
                )
                if " ready " in " ".join(ready.stdout.split()):
                    break
                time.sleep(0.05)
            yield agent
        finally:
            agent.terminate()
            agent.wait()


def peers(directory: pathlib.Path, bins: int, source: pathlib.Path) -> list[float]:
    """The same three steps by python-tuf."""
    directory.mkdir()
    python = os.environ.get("PRIVYSEAL_PYTHON", sys.executable)
    env = dict(os.environ)

    def step(name: str) -> float:
        return measured([python, str(PEER), name, str(directory), str(source), str(bins)], directory, env)[0]

    (source / "00" / "package-000000.tar").write_text(f"{0:064}")
    create = step("create")
    (source / "00" / "package-000000.tar").write_text(f"{1:064}")
    return [create, step("update"), step("verify")]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
    sys.exit(main())
