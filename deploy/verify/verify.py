#!/usr/bin/env python3
"""Verifies an audit log of Sallyport, with nothing but Python 3 and the key of the log.

    python3 verify.py FOLDER VKEY [--since CHECKPOINT]

FOLDER is the log's folder or a copy of it, VKEY its key or a file with it. Written apart from `sallyport audit verify`,
from the published formats alone, so that a fault of one is not a fault of both: RFC 6962 (tree), RFC 8032 (Ed25519),
C2SP signed-note, tlog-checkpoint and tlog-tiles. Exits 0 if the log is sound, 2 if it was tampered with, 3 if it is
incomplete, 4 if it cannot be judged with this key; each problem is a line that names its file.
"""
import base64
import hashlib
import json
import os
import re
import sys

OK, TAMPERED, INCOMPLETE, KEY = 0, 2, 3, 4
LINES, TREE, CHECKPOINT = "records.ndjson", "tree", "tree/checkpoint"

# --- Ed25519 (RFC 8032 §5.1, §6), for verifying only: not in constant time

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(n, p):
    q = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            q = add(q, p)
        p = add(p, p)
        n >>= 1
    return q


def point(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P != 0 or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(public, message, signature):
    a, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    x, y = multiply(s, BASE), add(r, multiply(k, a))
    return (x[0] * y[2] - y[0] * x[2]) % P == 0 and (x[1] * y[2] - y[1] * x[2]) % P == 0


# --- The tree (RFC 6962 §2.1)


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes):
    """Pairs hashes level by level; the last one of an odd number goes up as it is, which gives the same tree."""
    while len(hashes) > 1:
        pairs = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2 :]
    return hashes[0]


# --- Notes (C2SP signed-note) and checkpoints (C2SP tlog-checkpoint)


def strict_base64(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("more than one text for the same bytes")
    return data


def read_vkey(text):
    name, key_id, encoded = text.split("+", 2)
    key = strict_base64(encoded)
    if len(key) != 33 or key[0] != 1 or hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] != key_id:
        raise ValueError("no key of an audit log")
    return name, bytes.fromhex(key_id), key[1:]


def open_checkpoint(note, vkey):
    """Answers (size, root), or (exit code, reason) as an exception."""
    name, key_id, public = vkey
    try:
        text, lines = note.decode().rsplit("\n\n", 1)
        text += "\n"
        if not lines.endswith("\n") or re.search(r"[\0-\x09\x0b-\x1f]", note.decode()):
            raise ValueError
        ours = []
        for line in lines[:-1].split("\n"):
            by, encoded = re.fullmatch(r"— (\S+) (\S+)", line).groups()
            signature = strict_base64(encoded)
            if by == name and signature[:4] == key_id:
                ours.append(signature[4:])
        origin, size, root = re.match(r"([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]{44})\n", text).groups()
        head = int(size), strict_base64(root)
    except (ValueError, AttributeError):
        raise Problem(TAMPERED, "is no signed checkpoint") from None
    if not ours:
        raise Problem(KEY, "is not signed by this key")
    if not all(signed_by(public, text.encode(), signature) for signature in ours):
        raise Problem(TAMPERED, "its signature is wrong")
    if origin != name:
        raise Problem(KEY, "is of another log")
    return head


class Problem(Exception):
    """An exit code and a reason."""


# --- The log


class Lines:
    """What the lines of a log say, and the hashes of its leaves."""

    def __init__(self, leaves):
        self.leaves, self.kept, self.replaced, self.pruned = leaves, {}, [], 0
        self.files = []  # (first record, name) of each segment that was read

    def file_of(self, seq):
        return next((name for first, name in reversed(self.files) if first <= seq), LINES)


def segments_of(folder):
    """The segments of a log, oldest first, as (first record, name)."""
    found = []
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        match = re.fullmatch(r"records(?:-([0-9]{12,}))?\.ndjson", name)
        if match and segment_name(int(match[1] or 0)) == name:
            found.append((int(match[1] or 0), name))
    return sorted(found)


def segment_name(first):
    return f"records-{first:012}.ndjson" if first else LINES


def read_lines(folder, found):
    """Every whole line of every segment must be a record, and the numbers must count on without a gap."""
    segments = segments_of(folder)
    if not segments:
        found(INCOMPLETE, LINES, "is missing")
        return Lines([])
    lines = Lines(tile_leaves(folder, segments[0][0], found))
    whole = True
    for first, name in segments:
        if not whole:
            found(TAMPERED, lines.files[-1][1], "does not end with a record")
        if first != len(lines.leaves):
            found(INCOMPLETE, segment_name(len(lines.leaves)), "is missing")
            break
        lines.files.append((first, name))
        whole = read_segment(folder, name, lines, found)
    if segments[0][0] > lines.pruned:
        found(INCOMPLETE, LINES, "is missing, and nothing tells that it was pruned")
    return lines


def read_segment(folder, name, lines, found):
    """Answers whether it ends with a whole line: one that does not was never acknowledged."""
    with open(os.path.join(folder, name), "rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return False
            n = len(lines.leaves)
            lines.leaves.append(leaf_hash(line[:-1]))
            try:
                record = json.loads(line[:-1].decode())
                seq, facts = record["seq"], record.get("facts", {})
                if record["v"] != 1 or seq != n:
                    found(TAMPERED, name, f"line {n} is record {seq}")
                if record["kind"] == "gap" and "kept" in facts:
                    lines.kept[facts["kept"]] = facts.get("sha256")
                if record["kind"] == "admin" and facts.get("act") == "prune-log":
                    lines.pruned = max(lines.pruned, int(facts["target"]))
                if record["kind"] == "key" and "endorsement" in facts:
                    lines.replaced.append((facts["previous"], facts["vkey"], facts["endorsement"]))
            except (ValueError, KeyError, TypeError, AttributeError):
                found(TAMPERED, name, f"line {n} is no record")
    return True


def keys_of(vkey, replaced):
    """All keys that follow from one: each step is signed by the older of two, and both are of the same log."""
    keys, before = [vkey], 0
    while before < len(keys):
        before = len(keys)
        for previous, following, endorsement in replaced:
            try:
                older, newer = read_vkey(previous), read_vkey(following)
                message = f"sallyport audit-log key replaced\n{previous}\n{following}\n".encode()
                if older[0] == newer[0] == vkey[0] and (older in keys or newer in keys):
                    if signed_by(older[2], message, strict_base64(endorsement)):
                        keys += [key for key in (older, newer) if key not in keys]
            except (ValueError, AttributeError):
                pass
    return keys


def tile_leaves(folder, count, found):
    """Of records that were pruned the tiles keep the hashes. One that is not what the tile above says is named."""
    leaves = []
    for index in range(0, (count + 255) // 256):
        hashes = read_tile(folder, 0, index)
        if len(hashes) != 256:
            found(INCOMPLETE, f"{TREE}/{tile_path(0, index, 256)}", "is needed for records that were pruned")
            hashes = [bytes(32)] * 256
        above = read_tile(folder, 1, index // 256)[index % 256 : index % 256 + 1]
        if above and above[0] != root_of(hashes):
            found(TAMPERED, f"{TREE}/{tile_path(0, index, 256)}", "is not what the tile above says, or that one is wrong")
        leaves += hashes[: count - len(leaves)]
    return leaves


def read_tile(folder, level, index):
    """The hashes of a tile, of the widest file there is."""
    full = os.path.join(folder, TREE, tile_path(level, index, 256))
    partial = sorted(os.listdir(full + ".p"), key=int) if os.path.isdir(full + ".p") else []
    path = full if os.path.exists(full) else os.path.join(full + ".p", partial[-1]) if partial else None
    if path is None:
        return []
    with open(path, "rb") as file:
        data = file.read()
    return [data[i : i + 32] for i in range(0, len(data) - 31, 32)]


def first_difference(folder, leaves, size, root):
    """The first record whose leaf is not what the tiles say, if the tiles are those that were signed for."""
    signed = []
    for index in range(0, (size + 255) // 256):
        signed += read_tile(folder, 0, index)
    if len(signed) < size or root_of(signed[:size]) != root:
        return size - 1
    return next((n for n in range(size) if signed[n] != leaves[n]), size - 1)


def tile_path(level, index, width):
    digits = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        digits = f"x{index % 1000:03}/{digits}"
    return f"tile/{level}/{digits}" + ("" if width == 256 else f".p/{width}")


def levels_of(leaves):
    """The hashes of each level of tiles: leaves, then the roots of full tiles, and so on."""
    levels = [leaves]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        levels.append([root_of(below[i : i + 256]) for i in range(0, len(below) - 255, 256)])
    return levels


def expected_tile(levels, path):
    """The bytes that belong at a path below the tree; None for no tile, or one of records that the log does not have."""
    match = re.fullmatch(r"tile/([0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?", path)
    if not match:
        return None
    level, index, width = int(match[1]), int(re.sub("[x/]", "", match[2])), int(match[3] or 256)
    tile = levels[level][index * 256 : index * 256 + width] if level < len(levels) else []
    return b"".join(tile) if len(tile) == width and tile_path(level, index, width) == path else None


def check_tiles(folder, levels, size, found):
    present = {}
    for place, _, names in os.walk(os.path.join(folder, TREE, "tile")):
        for name in names:
            path = os.path.relpath(os.path.join(place, name), os.path.join(folder, TREE))
            with open(os.path.join(place, name), "rb") as file:
                if expected_tile(levels, path) != file.read():
                    found(TAMPERED, f"{TREE}/{path}", "does not hold the hashes of the log")
            full, _, width = path.partition(".p/")
            present[full] = max(present.get(full, 0), int(width or 256))
    level, count = 0, size
    while count > 0:
        for index in range(0, (count + 255) // 256):
            width = min(256, count - index * 256)
            if present.get(tile_path(level, index, 256), 0) < width:
                found(INCOMPLETE, f"{TREE}/{tile_path(level, index, width)}", "is missing")
        level, count = level + 1, count // 256


def verify(folder, vkey, since=None):
    """Answers the problems of a log as (exit code, file, reason). `vkey` is as `read_vkey` answers it."""
    problems = []

    def found(code, file, reason):
        problems.append((code, file, reason))

    def read(path):
        try:
            with open(path, "rb") as note:
                return note.read()
        except FileNotFoundError:
            return None

    def head_of(file, note, keys):
        if note is None:
            found(INCOMPLETE, file, "is missing")
            return None
        worst = None
        for key in keys:
            try:
                return open_checkpoint(note, key)
            except Problem as problem:
                if worst is None or problem.args[0] == TAMPERED:
                    worst = problem
        found(worst.args[0], file, worst.args[1])
        return None

    note = read(os.path.join(folder, CHECKPOINT))  # before the lines: a log in use grows meanwhile
    lines = read_lines(folder, found)
    leaves, kept = lines.leaves, lines.kept
    keys = keys_of(vkey, lines.replaced)
    head = head_of(CHECKPOINT, note, keys)
    size, root = head or (0, b"")
    if size > len(leaves):
        reason = f"has {len(leaves)} whole lines, and {size} records are under the checkpoint"
        found(INCOMPLETE, lines.file_of(len(leaves)), reason)
    elif head and size > 0 and root_of(leaves[:size]) != root:
        n = first_difference(folder, leaves, size, root)
        found(TAMPERED, lines.file_of(n), f"record {n}, or one before it, is not what was signed for")
    else:
        check_tiles(folder, levels_of(leaves), size, found)
    names = os.listdir(folder) if os.path.isdir(folder) and lines.files else []
    for name in sorted(names):
        if re.fullmatch(r"records(-[0-9]+)?\.ndjson\.(torn|damaged)-[0-9]+", name):
            if kept.get(name) != hashlib.sha256(read(os.path.join(folder, name))).hexdigest():
                found(TAMPERED, name, "is not what the log tells of")
    for name in sorted(set(kept) - set(names)):
        found(INCOMPLETE, name, "is missing")
    before = head_of(since, read(since), keys) if since else None
    if before and head and before[0] > size:
        found(TAMPERED, CHECKPOINT, f"is older than {since}: records were taken away")
    elif before and before[0] > 0 and len(leaves) >= before[0] and root_of(leaves[: before[0]]) != before[1]:
        found(TAMPERED, LINES, f"does not begin with the records of {since}")
    return problems, len(leaves), size


def main(arguments):
    if len(arguments) not in (2, 4) or (len(arguments) == 4 and arguments[2] != "--since"):
        print(__doc__.strip(), file=sys.stderr)
        return 64
    folder, given = arguments[:2]
    try:
        if os.path.exists(given):
            with open(given, encoding="utf-8") as file:
                given = file.read().strip().split("\n")[-1]  # the newest of its log
        vkey = read_vkey(given)
    except (ValueError, OSError):
        print("the second argument is no key of an audit log", file=sys.stderr)
        return KEY
    problems, records, covered = verify(folder, vkey, arguments[3] if len(arguments) == 4 else None)
    for _, file, reason in problems:
        print(f"{file}: {reason}", file=sys.stderr)
    if not problems:
        print(f"sound: {covered} of {records} records are under the checkpoint")
    codes = [code for code, _, _ in problems]
    return next((code for code in (TAMPERED, KEY, INCOMPLETE) if code in codes), OK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
