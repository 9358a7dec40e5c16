"""Writes the numbers that recurra's n-gram models are held to where n-grams are pruned: KenLM's own.

    pip download --no-binary kenlm --no-deps kenlm==0.3.0      (or the sdist's address; unpack it)
    apt-get install cmake g++ zlib1g-dev libboost-{program-options,system,thread,test}-dev
    cmake -S kenlm-0.3.0 -B build -DCMAKE_BUILD_TYPE=Release && make -C build lmplz query
    npm run build
    python3 tests/golden/kenlm.py build/bin ../shared/data/tinyshakespeare/input.txt

It writes kenlm.json beside itself: a text of 150 lines with the ARPA files that lmplz estimates of it under several
prunings, the word scores that query gives with them and with the ARPA files that recurra writes of the same text; and
for the training text of ../shared/golden/kenlm/README.md counts, discounts and perplexities under pruning. The same
version of KenLM writes the same bytes. The structure is the TypeScript interface in kenlmGolden.ts.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
RECURRA = HERE.parent.parent / "dist/bin/recurra.js"
VERSION = "KenLM 0.3.0 (PyPI sdist)"

# order, thresholds as lmplz takes them
SMALL = [(3, [0, 0, 1]), (3, [0, 1]), (4, [0, 1, 1, 2]), (3, [0])]
LARGE = [(3, [0, 0, 1]), (3, [0, 2]), (4, [0, 1, 1, 2]), (5, [0, 0, 1, 1, 2])]


def run(command, text):
    result = subprocess.run([str(part) for part in command], input=text, capture_output=True, text=True, check=True)
    return result.stdout, result.stderr


def estimate(binaries, text, order, prune, *options):
    with tempfile.TemporaryDirectory() as folder:
        command = [binaries / "lmplz", "-o", order, "-S", "1G", "-T", folder, "--prune", *prune, *options]
        return run(command, text)


def statistics(log):
    rows = re.findall(r"^(\d+) (\d+)(?:/(\d+))? D1=(\S+) D2=(\S+) D3\+=(\S+)$", log, re.M)
    counts = [int(kept) for _, kept, *_ in rows]
    return counts, [[float(number) for number in row[3:]] for row in rows]


def query(binaries, arpa, text):
    with tempfile.NamedTemporaryFile("w", suffix=".arpa") as file:
        file.write(arpa)
        file.flush()
        words, _ = run([binaries / "query", "-v", "word", file.name], text)
        summary, _ = run([binaries / "query", "-v", "summary", file.name], text)
    # What a word is called is known from the text: its number, the length of the match, its log10 probability.
    found = re.findall(r"\S+=(\d+) (\d+) (-?[\d.e-]+)", words)
    including, excluding = re.findall(r"Perplexity (?:in|ex)cluding OOVs:\s+(\S+)", summary)
    return {
        "words": [[int(number), int(matched), float(log10)] for number, matched, log10 in found],
        "perplexity": float(including),
        "perplexityWithoutUnknown": float(excluding),
    }


def recurra(text, order, prune):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "m.arpa"
        thresholds = ",".join(map(str, prune))
        command = ["node", RECURRA, "train", "ngram", "-", "--order", order, "--prune", thresholds]
        run([*command, "--discount-fallback", "--out", out], text)
        return out.read_text()


def main():
    binaries, corpus = Path(sys.argv[1]), Path(sys.argv[2])
    lines = corpus.read_text().removesuffix("\n").split("\n")
    train = "".join(f"{line}\n" for line in lines[:36000] if line)
    test = "".join(f"{line}\n" for line in lines[-4000:] if line)
    text = "".join(train.splitlines(keepends=True)[:150])
    asked = "".join(train.splitlines(keepends=True)[140:180])

    small = []
    for order, prune in SMALL:
        arpa, _ = estimate(binaries, text, order, prune, "--discount_fallback")
        ours = query(binaries, recurra(text, order, prune), asked)
        small.append({"order": order, "prune": prune, "arpa": arpa, "query": query(binaries, arpa, asked), "ours": ours})
    large = []
    for order, prune in LARGE:
        arpa, log = estimate(binaries, train, order, prune)
        counts, discounts = statistics(log)
        scores = query(binaries, arpa, test)
        del scores["words"]
        large.append({"order": order, "prune": prune, "counts": counts, "discounts": discounts, **scores})
    golden = {"version": VERSION, "text": text, "asked": asked, "small": small, "large": large}
    (HERE / "kenlm.json").write_text(json.dumps(golden, indent=None, separators=(",", ":")) + "\n")


main()
