"""Writes the numbers that recurra's largest singular values and spectral radii are held to: numpy's (LAPACK).

    python3 tests/golden/spectra.py      (numpy)

It writes spectra.json beside itself: matrices as TypeScript draws them too (the generator below is MINSTD, exact in a
double), with their spectral norm (numpy.linalg.norm(a, 2)) and spectral radius (largest absolute eigenvalue).
"""

import json
from pathlib import Path

import numpy as np


def drawn(count, seed):
    values, state = [], seed
    for _ in range(count):
        state = state * 48271 % 2147483647
        values.append(2 * state / 2147483647 - 1)
    return values


def cases():
    for size in (1, 2, 3, 5, 16, 64, 150):
        for seed in (1, 2, 3):
            yield f'random {size}, seed {seed}', np.array(drawn(size * size, seed)).reshape(size, size) / np.sqrt(size), True
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    yield 'rotation', rotation, False
    yield 'nilpotent', np.diag([1.0, 2.0, 3.0], 1), False
    yield 'shift round', np.roll(np.eye(5), 1, axis=0), False
    yield 'identity', np.eye(6), False
    yield 'zeros', np.zeros((3, 3)), False
    yield 'scales apart', np.diag([1e-8, 1.0, 1e8]) + np.triu(np.ones((3, 3)), 1), False


def main():
    found = []
    for name, a, is_drawn in cases():
        found.append({'name': name, 'size': len(a), 'norm': float(np.linalg.norm(a, 2)),
                      'radius': float(np.abs(np.linalg.eigvals(a)).max()),
                      'values': None if is_drawn else a.ravel().tolist()})
    (Path(__file__).parent / 'spectra.json').write_text(json.dumps(found, indent=1) + '\n')


main()
