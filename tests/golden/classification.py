# What scikit-learn and seqeval say of labels, and how scikit-learn's baselines answer: makes classification.json.
# python3 -m venv E && E/bin/pip install scikit-learn seqeval && E/bin/python tests/golden/classification.py
import json, os, random, warnings
import numpy, sklearn, seqeval.metrics
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support as prf
from sklearn.naive_bayes import MultinomialNB
from sklearn.preprocessing import MultiLabelBinarizer

warnings.filterwarnings('ignore')
draw = random.Random(6)

def scores(truth, given, labels):
    def of(average):
        p, r, f, _ = prf(truth, given, average=average, zero_division=0)
        return {'precision': p, 'recall': r, 'f1': f}
    p, r, f, s = prf(truth, given, zero_division=0)
    return {
        'truth': [t if isinstance(t, list) else [t] for t in labels[0]],
        'given': [g if isinstance(g, list) else [g] for g in labels[1]],
        'accuracy': accuracy_score(truth, given),
        'perLabel': [list(map(float, each)) for each in zip(p, r, f, s)],
        'macro': of('macro'), 'micro': of('micro'),
    }

names = ['a', 'b', 'c', 'd', 'never given']
truth = [draw.choice(names) for _ in range(80)]
given = [draw.choice([t, t, draw.choice(names[:4])]) if t != 'never given' else 'a' for t in truth]
single = scores(truth, given, (truth, given))
single['confusion'] = confusion_matrix(truth, given).tolist()
some = lambda: sorted(draw.sample(names, draw.randint(0, 3)))
several = [(some(), some()) for _ in range(60)]
several = [(t, t if draw.random() < 0.4 else g) for t, g in several]
binary = MultiLabelBinarizer(classes=names).fit([names])
multi = scores(binary.transform([t for t, _ in several]), binary.transform([g for _, g in several]),
               ([t for t, _ in several], [g for _, g in several]))

words = {'x': 'red green blue the a of', 'y': 'one two three the a of', 'z': 'sun moon star blue two of'}
def text(label, noise):
    own, other = words[label].split(), words[draw.choice('xyz')].split()
    return ' '.join(draw.choice(other if draw.random() < noise else own) for _ in range(draw.randint(1, 9)))

def baselines(labels):
    train = [(text(l, 0.3), l) for l in (draw.choice(labels) for _ in range(60))]
    test = [(text(l, 0.5) + draw.choice(['', ' strange']), l) for l in (draw.choice(labels) for _ in range(25))]
    vectors = CountVectorizer(token_pattern=r'\S+')
    x, y = vectors.fit_transform([t for t, _ in train]), [l for _, l in train]
    z = vectors.transform([t for t, _ in test])
    bayes = MultinomialNB().fit(x, y)
    logistic = LogisticRegression(C=0.7, tol=1e-12, max_iter=100000).fit(x, y)
    return {'labels': list(labels), 'train': train, 'test': test,
            'naiveBayes': bayes.predict_log_proba(z).tolist(),
            'logisticRegression': logistic.predict_log_proba(z).tolist()}

def tags(kinds):
    out, n = [], draw.randint(1, 12)
    for _ in range(n):
        k = draw.random()
        out.append('O' if k < 0.35 else ('B-' if k < 0.6 else 'I-') + draw.choice(kinds))
    return out
sentences = [tags(['PER', 'LOC', 'ORG']) for _ in range(60)]
answers = [[t if draw.random() < 0.75 else draw.choice(['O', 'B-PER', 'I-PER', 'B-LOC', 'I-ORG']) for t in s] for s in sentences]
report = seqeval.metrics.classification_report(sentences, answers, output_dict=True, zero_division=0)
spans = {'truth': sentences, 'given': answers,
         'report': {k: {n: float(v) for n, v in r.items()} for k, r in report.items()}}

golden = {'versions': {'scikit-learn': sklearn.__version__, 'seqeval': '1.2.2'},
          'single': single, 'multi': multi, 'three': baselines('xyz'), 'two': baselines('xy'), 'spans': spans}
with open(os.path.join(os.path.dirname(__file__), 'classification.json'), 'w') as file:
    json.dump(golden, file)
    file.write('\n')
