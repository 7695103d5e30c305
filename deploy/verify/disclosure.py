#!/usr/bin/env python3
"""Checks what `sallyport audit disclose` printed: one value that a record of an audit log only commits to.

    python3 disclosure.py DISCLOSURE VKEY

Needs Python 3, verify.py beside it and the key of the log; no log. The record must be in the log (RFC 6962 §2.1.1, C2SP
tlog-proof), and what it commits to at the field must be HMAC-SHA256 of the value in the form of RFC 8785, under the nonce.
Exits 0 if both are so, 2 if one is not, 4 if it cannot be judged with this key.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import sys

from verify import KEY, OK, TAMPERED, Problem, leaf_hash, node_hash, open_checkpoint, read_vkey, strict_base64


def canonical(value):
    if isinstance(value, float):
        raise ValueError("numbers with a fraction are not judged here")
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    return json.dumps(value, ensure_ascii=False)


def root_from(leaf, index, size, hashes):
    """The root that an inclusion proof leads to; None for a proof of another length."""
    last, root = size - 1, leaf
    for other in hashes:
        if last == 0:
            return None
        if index % 2 == 1 or index == last:
            root = node_hash(other, root)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            root = node_hash(root, other)
        index, last = index // 2, last // 2
    return root if last == 0 else None


def check(disclosure, vkey):
    head, checkpoint = disclosure["proof"].split("\n\n", 1)
    first, index, *hashes = [line for line in head.split("\n") if not line.startswith("extra ")]
    size, root = open_checkpoint(checkpoint.encode(), vkey)
    place = int(re.fullmatch("index (0|[1-9][0-9]*)", index)[1])
    leaf = leaf_hash(disclosure["record"].encode())
    proof = [strict_base64(line) for line in hashes]
    if first != "c2sp.org/tlog-proof@v1" or place >= size or root_from(leaf, place, size, proof) != root:
        raise Problem(TAMPERED, "its record is not in the log")
    nonce = base64.urlsafe_b64decode(disclosure["nonce"] + "=")
    made = hmac.new(nonce, canonical(disclosure["value"]).encode(), hashlib.sha256).digest()
    told = json.loads(disclosure["record"]).get("commit", {}).get(disclosure["field"], "")
    if len(nonce) != 32 or base64.urlsafe_b64encode(made).decode().rstrip("=") != told:
        raise Problem(TAMPERED, "its record does not commit to this value")


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    name, given = arguments
    try:
        if os.path.exists(given):
            with open(given, encoding="utf-8") as file:
                given = file.read().strip().split("\n")[-1]  # the newest of its log
        vkey = read_vkey(given)
    except (ValueError, OSError):
        print("the second argument is no key of an audit log", file=sys.stderr)
        return KEY
    try:
        with open(name, encoding="utf-8") as file:
            check(json.load(file), vkey)
    except Problem as problem:
        print(f"{name}: {problem.args[1]}", file=sys.stderr)
        return problem.args[0]
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        print(f"{name}: is no disclosure: {error}", file=sys.stderr)
        return TAMPERED
    print(f"{name}: its record is in the log {vkey[0]} and commits to its value")
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
