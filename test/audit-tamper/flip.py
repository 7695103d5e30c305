"""Flips bytes of a log as flip-every-byte.ts does, judged by deploy/verify/verify.py in this process.

    python3 flip.py FOLDER VKEY-FILE STRIDE FIRST FILE...
"""
import importlib.util
import json
import os
import sys

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
source = os.path.join(here, "..", "..", "deploy", "verify", "verify.py")
spec = importlib.util.spec_from_file_location("verify", source)
verifier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verifier)

folder, vkey_file, stride, first = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with open(vkey_file, encoding="utf-8") as file:
    vkey = verifier.read_vkey(file.read().strip().split("\n")[-1])
assert verifier.verify(folder, vkey)[0] == [], "the log is not sound before anything is flipped"

flips, missed = 0, []
for path in sys.argv[5:]:
    with open(os.path.join(folder, path), "r+b", buffering=0) as file:
        data = file.read()
        for at in range(first % stride, len(data), stride):
            file.seek(at)
            file.write(bytes([data[at] ^ (1 << (at % 8))]))
            if not any(named == path for _, named, _ in verifier.verify(folder, vkey)[0]):
                missed.append(f"{path}:{at}")
            file.seek(at)
            file.write(data[at : at + 1])
            flips += 1
print(json.dumps({"flips": flips, "missed": missed}))
