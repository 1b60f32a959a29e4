#!/usr/bin/env python3
"""An independent judge of the ledger's Merkle tree.

Reads JSON from a file or from standard input ("-") and says whether it holds. Proofs are verified
by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2; the root of a list of records is
computed by pymerkle, another implementation of that tree. Hashes and records are hex.

  {"index", "size", "root", "leaf_hash", "path", "record"?}                     inclusion
      as `privyseal ledger prove --json` prints it
  {"first_size", "first_root", "second_size", "second_root", "path"}            consistency
  {"records": [...], "root"}                                                    a whole tree

Exit status: 0 it holds, 1 it does not, 2 wrong usage.
"""

import hashlib
import json
import pathlib
import sys


class Wrong(Exception):
    """What was shown does not hold."""


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1].startswith("--"):
        print(f"usage: merkle.py FILE|-\n\n{__doc__}", file=sys.stderr)
        return 2
    source = sys.stdin.read() if sys.argv[1] == "-" else pathlib.Path(sys.argv[1]).read_text()
    try:
        said = judge(json.loads(source))
    except (Wrong, KeyError, TypeError, ValueError) as error:
        print(f"merkle: does not hold: {type(error).__name__}: {error}")
        return 1
    print(f"merkle: {said}")
    return 0


def judge(shown: dict) -> str:
    if "records" in shown:
        return tree([bytes.fromhex(record) for record in shown["records"]], hashed(shown["root"]))
    path = [hashed(step) for step in shown["path"]]
    if "first_size" in shown:
        first, second = shown["first_size"], shown["second_size"]
        consistency(first, hashed(shown["first_root"]), second, hashed(shown["second_root"]), path)
        return f"the tree of {second} records contains the tree of {first}"
    leaf = hashed(shown["leaf_hash"])
    if "record" in shown and leaf_hash(bytes.fromhex(shown["record"])) != leaf:
        raise Wrong("the leaf hash is not that of the record")
    index, size = shown["index"], shown["size"]
    inclusion(leaf, index, size, hashed(shown["root"]), path)
    return f"record {index} is in the tree of {size} records"


def inclusion(leaf: bytes, index: int, size: int, root: bytes, path: list[bytes]) -> None:
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        raise Wrong(f"there is no record {index} among {size}")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            raise Wrong("the path is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Wrong("the path is too short")
    if r != root:
        raise Wrong("the path leads to another root")


def consistency(
    first: int, first_root: bytes, second: int, second_root: bytes, path: list[bytes]
) -> None:
    """RFC 9162, section 2.1.4.2, with its trivial cases: equal sizes, and no records."""
    if not 0 <= first <= second:
        raise Wrong(f"a tree of {second} records can't contain one of {first}")
    if first == second or first == 0:
        if path:
            raise Wrong("the path should be empty")
        empty = hashlib.sha256().digest()
        if first_root != (second_root if first == second else empty):
            raise Wrong("the roots differ")
        return
    if not path:
        raise Wrong("the path is empty")
    if first & (first - 1) == 0:
        path = [first_root, *path]
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise Wrong("the path is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Wrong("the path is too short")
    if fr != first_root:
        raise Wrong("the path leads to another first root")
    if sr != second_root:
        raise Wrong("the path leads to another second root")


def tree(records: list[bytes], root: bytes) -> str:
    from pymerkle import InmemoryTree  # the other judgements need nothing but Python

    other = InmemoryTree(algorithm="sha256")
    for record in records:
        other.append_entry(record)
    if other.get_state() != root:
        raise Wrong("pymerkle computes another root")
    return f"pymerkle computes the same root over {len(records)} records"


def leaf_hash(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def hashed(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != 32:
        raise Wrong(f"{text!r} is not 32 bytes in hex")
    return value


if __name__ == "__main__":
    sys.exit(main())
