#!/usr/bin/env python3
"""Holds the documents to what really happens.

  docs.py commands FILE.md             runs the ```console blocks of FILE.md, in order, in one shell
                                       and a new directory, and compares what they print
  docs.py readme DEMO-OUTPUT           compares the block of README.md between <!-- demo --> and
                                       <!-- /demo --> with what softhsm/demo printed
  docs.py readme DEMO-OUTPUT --refresh writes it there instead

In a console block, "$ " begins a command and "> " goes on with it; the lines below are what it
prints. "…" stands for anything, a line "…" for any number of lines; a command without lines may
print what it likes. A command must succeed, unless the line above the block says
<!-- exit N -->.

Exit status: 0 it is so, 1 it is not, 2 wrong usage.
"""

import difflib
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- demo -->\n```text\n)(.*?)(```\n<!-- /demo -->)", re.S)


def main() -> int:
    match sys.argv[1:]:
        case ["commands", document]:
            return commands(pathlib.Path(document))
        case ["readme", output]:
            return readme(pathlib.Path(output).read_text())
        case ["readme", output, "--refresh"]:
            return refresh(pathlib.Path(output).read_text())
    print(__doc__, file=sys.stderr)
    return 2


# ---- README.md ----


def readme(output: str) -> int:
    block = BLOCK.search(README.read_text())
    shown = fixed(block.group(2)) if block else []
    real = fixed(output)
    if shown == real:
        print(f"README.md shows the demo as it is ({len(real)} lines)")
        return 0
    print("README.md does not show what the demo prints; `tests/docs.py readme FILE --refresh` does:")
    print("\n".join(difflib.unified_diff(shown, real, "README.md", "softhsm/demo", "", "", 1, "")))
    return 1


def refresh(output: str) -> int:
    text = README.read_text()
    directory = re.search(r"happens in (/\S+),", output)
    if directory:
        output = output.replace(directory.group(1), "/tmp/demo")
    output = output.replace(f"{TARGET}/", "target/").replace(f"{ROOT}/", "")
    README.write_text(BLOCK.sub(lambda found: found.group(1) + output + found.group(3), text))
    return 0


def fixed(output: str) -> list[str]:
    """The lines without what differs from run to run: paths, hashes, dates, sizes, counts, the
    order of keys (they are listed by keyid), and whether a second passed between two versions."""
    rules = [
        (r"(?<![\w/])/[\w./-]+", "PATH"),
        (r"\btarget/(debug|release)\b", "PATH"),
        (r"\b[0-9a-f]{8,}\b", "HASH"),
        (r"\b([0-9a-f]{4} ){15}[0-9a-f]{4}\b", "HASH"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(Z| UTC)?", "TIME"),
        (r"\d+", "N"),
        (r"[ \t]+", " "),
        (r"-{3,}|─+", "-"),
    ]
    lines = []
    for line in output.splitlines():
        for pattern, instead in rules:
            line = re.sub(pattern, instead, line)
        line = line.strip()
        if not line.startswith("~ expires "):
            lines.append(line)
    is_key = re.compile(r"[+-] key ").match
    groups = itertools.groupby(lines, lambda line: bool(is_key(line)))
    return [line for keys, group in groups for line in (sorted(group) if keys else group)]


# ---- documents with commands ----


def commands(document: pathlib.Path) -> int:
    steps = list(console(document.read_text()))
    with tempfile.TemporaryDirectory(prefix="privyseal-docs-") as directory:
        shell = Shell(directory)
        try:
            for number, (line, command, expected, exit_status) in enumerate(steps, 1):
                print(f"   $ {command}", flush=True)
                output, status = shell.run(command)
                if status != exit_status:
                    print(output)
                    print(f"{document}:{line}: exit status {status}, expected {exit_status}")
                    return 1
                if expected and not agrees(expected, output.splitlines()):
                    print(f"{document}:{line}: expected\n" + "\n".join(expected))
                    print(f"but it printed\n{output}")
                    return 1
        finally:
            shell.end()
    print(f"{document}: {len(steps)} commands did what it says")
    return 0 if steps else 1


def console(text: str):
    """Each command: its line number, its text, the lines that it must print, its exit status."""
    inside, exit_status, step = False, 0, None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            if step:
                yield step
            step, inside = None, line == "```console"
            if not inside:
                exit_status = 0
        elif mark := re.fullmatch(r"<!-- exit (\d+) -->", line):
            exit_status = int(mark.group(1))
        elif inside and line.startswith("$ "):
            if step:
                yield step
            step = (number, line[2:], [], exit_status)
        elif inside and re.match(r">( |$)", line) and step and not step[2]:
            step = (step[0], f"{step[1]}\n{line[2:]}", [], step[3])
        elif inside and step:
            step[2].append(line)


def agrees(expected: list[str], real: list[str]) -> bool:
    if not expected:
        return not real
    if expected[0] == "…":
        return any(agrees(expected[1:], real[skip:]) for skip in range(len(real) + 1))
    return bool(real) and same(expected[0], real[0]) and agrees(expected[1:], real[1:])


def same(expected: str, real: str) -> bool:
    words = [re.escape(part) for part in re.split(r"…", " ".join(expected.split()))]
    return re.fullmatch(".*".join(words), " ".join(real.split())) is not None


class Shell:
    """One bash in which the commands run, so that `cd`, `export` and background jobs last."""

    END = "--end-of-command--"

    def __init__(self, directory: str):
        environment = {
            "PATH": f"{TARGET / 'debug'}:{os.environ['PATH']}",
            "HOME": directory,
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "PRIVYSEAL": str(ROOT),
            "PRIVYSEAL_PYTHON": os.environ.get("PRIVYSEAL_PYTHON", sys.executable),
        }
        self.process = subprocess.Popen(
            [shutil.which("bash") or "/bin/bash", "--noprofile", "--norc"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[str, int]:
        quoted = command.replace("'", "'\\''")
        self.process.stdin.write(f"eval '{quoted}' </dev/null; printf '\\n%s %s\\n' {self.END} $?\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith(self.END):
                return "".join(lines).rstrip("\n"), int(line.split()[1])
            lines.append(line)
        return "".join(lines), -1

    def end(self) -> None:
        """Ends the shell and what it started: they are a process group of their own."""
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


if __name__ == "__main__":
    sys.exit(main())
