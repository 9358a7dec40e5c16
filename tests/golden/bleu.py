# What sacreBLEU says of some translations: BLEU under every tokenizer, case and smoothing, chrF and chrF++, with their
# signatures. Made sentences, odd ones among them. Makes bleu.json:
#
#     python3 -m venv bleu && bleu/bin/pip install sacrebleu==2.6.0 && bleu/bin/python tests/golden/bleu.py
import json
import os
import random

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

PAIRS = [
    ("Tom doesn't know what to do.", "Tom does not know what he should do."),
    ("The price is $1,234.56, not 1.234,56 €.", "The price was $1,234.56 and not 1.234,56 €!"),
    ("Open 9-5, Mon.-Fri. (except 12-1).", "Open from 9-5, Mon-Fri (except 12-1)."),
    ("&quot;Yes&quot;, she said &amp; left &lt;soon&gt;.", '"Yes," she said & left <soon>.'),
    ("J'ai mangé l'œuf à Noël.", "J’ai mangé un œuf à Noël."),
    ("Où est-ce que tu vas\u00a0?", "Où vas-tu\u202f?"),
    ("", "An empty translation counts."),
    ("   ", "White space\tonly."),
    ("今日は 良い 天気 です 。", "今日は良い天気ですね。"),
    ("The 😀 face and the 👩‍👩‍👧 family", "The 😀 face, and a 👩‍👩‍👧 family"),
    ("a", "a"),
    ("(hi)", "(hi) there"),
    ("... --- ...", "... -- ..."),
    ("One two three four five six seven eight", "one Two three Four five Six seven Eight"),
    ("tab\tand\u2003em space\u0085next\x1cfield", "tab and em space next field"),
    ("mark\ufeffinside word", "mark\ufeffinside a word"),
    ("<skipped> the cat sat on the mat", "the cat sat on the mat"),
    ("ΣΑΣ ΟΔΟΣ İstanbul", "σας οδος istanbul"),
    ("x = y_1 + {z|~} @ [0] `code` ^2 ;", "x = y_1 + { z | ~ } @ [ 0 ] `code` ^ 2;"),
    ("3.14.15 .5 5. ,7 7, 1-2-3 -4", "3.14.15 0.5 5 7 1-2-3 - 4"),
    ("no words in common at all", "entirely different text stands here"),
    ("the the the the the the the", "the cat is on the mat"),
    ("It is a guide to action which ensures that the military always obeys the commands of the party.",
     "It is a guide to action that ensures that the military will forever heed Party commands."),
]

rng = random.Random(7)
WORDS = "we learn to read what others have written , and so they do ; it's 1,000 years old . Paris is large ! how far ?".split()
for _ in range(40):
    reference = [rng.choice(WORDS) for _ in range(rng.randint(1, 14))]
    translation = [rng.choice(WORDS) if rng.random() < 0.25 else word for word in reference if rng.random() > 0.1]
    PAIRS.append((" ".join(translation), " ".join(reference)))

translations = [translation for translation, _ in PAIRS]
references = [reference for _, reference in PAIRS]
second = [reference.replace("the", "a").replace(",", "") + " indeed" for reference in references]
CORPORA = {
    "whole": (translations, [references]),
    "two references": (translations, [references, second]),
    "odd": (translations[:20], [references[:20]]),
    "short": (["a b", "c"], [["a b", "d"]]),
    "no match": (["no words in common at all"], [["entirely different text stands here"]]),
    "one": (translations[-1:], [references[-1:]]),
}

cases = []
for name, (hypotheses, streams) in CORPORA.items():
    for tokenize in ("13a", "none", "char"):
        for lowercase in (False, True):
            for smoothing, value in (("exp", None), ("floor", None), ("floor", 0.5), ("add-k", None), ("add-k", 2), ("none", None)):
                metric = BLEU(tokenize=tokenize, lowercase=lowercase, smooth_method=smoothing, smooth_value=value, force=True)
                result = metric.corpus_score(hypotheses, streams)
                options = {"tokenize": tokenize, "lowercase": lowercase, "smoothing": smoothing, "smoothingValue": value}
                cases.append({
                    "corpus": name, "metric": "bleu",
                    "options": {key: option for key, option in options.items() if option is not None},
                    "score": result.score, "precisions": result.precisions, "brevityPenalty": result.bp,
                    "length": result.sys_len, "referenceLength": result.ref_len, "signature": str(metric.get_signature()),
                })
    for word_order in (0, 1, 2):
        for lowercase in (False, True):
            for whitespace in (False, True):
                metric = CHRF(word_order=word_order, lowercase=lowercase, whitespace=whitespace)
                result = metric.corpus_score(hypotheses, streams)
                cases.append({
                    "corpus": name, "metric": "chrf",
                    "options": {"wordOrder": word_order, "lowercase": lowercase, "whitespace": whitespace},
                    "score": result.score, "name": result.name, "signature": str(metric.get_signature()),
                })
metric = BLEU()
sampled = metric.corpus_score(translations, [references], n_bootstrap=1000)
interval = {"mean": sampled._mean, "margin": sampled._ci, "signature": str(metric.get_signature())}

golden = {
    "sacrebleu": sacrebleu.__version__,
    "corpora": {name: {"translations": hypotheses, "references": [list(each) for each in zip(*streams)]}
                for name, (hypotheses, streams) in CORPORA.items()},
    "interval": interval,
    "cases": cases,
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "bleu.json"), "w", encoding="utf-8") as file:
    file.write("{\n")
    file.write(f' "sacrebleu": {json.dumps(golden["sacrebleu"])},\n')
    file.write(f' "corpora": {json.dumps(golden["corpora"], ensure_ascii=True)},\n')
    file.write(f' "interval": {json.dumps(golden["interval"])},\n "cases": [\n')
    file.write(",\n".join("  " + json.dumps(case) for case in cases))
    file.write("\n ]\n}\n")
