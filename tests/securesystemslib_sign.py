#!/usr/bin/env python3
"""Signs a payload with securesystemslib, as a signer does who has nothing of Privy Seal.

usage: securesystemslib_sign.py PRIVATE_PEM PAYLOAD

Writes securesystemslib's Signature as JSON to standard output.
"""

import json
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    private, payload = (pathlib.Path(path).read_bytes() for path in sys.argv[1:])
    signer = CryptoSigner(load_pem_private_key(private, None))
    print(json.dumps(signer.sign(payload).to_dict()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
