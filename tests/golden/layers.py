"""Writes the numbers that recurra's layers of every shape are held to: PyTorch's own.

    /usr/bin/python3 tests/golden/layers.py      (Debian 12: apt-get install python3-torch python3-mpmath)

It writes layers-float64.json beside itself: every cell × nonlinearity × 1 or 2 layers × 1 or 2 directions × whole or
ragged batch (packed sequences), and the LSTM with proj_size; values, final states and every gradient, from PyTorch's
modules and autograd in float64. The one exception is the Elman cell with a sigmoid, which nn.RNN lacks: it is a loop of
torch operations, and the same loop with tanh and with ReLU is held against nn.RNN here, before anything is written.

What is given is drawn as in recurrent.py; the structure of the file is the TypeScript interface in golden.ts.
"""

import itertools
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from recurrent import CELLS, Draw, describe, distance, set_recurrent, write_cases

HERE = Path(__file__).parent
SIZES = (2, 3, 3, 4)  # input, hidden, batch, time
LENGTHS = [3, 1, 4]


class ElmanLoop(nn.Module):
    """The Elman network of several layers and directions step by step, with nn.RNN's parameter names and results."""

    def __init__(self, activation, input_size, hidden_size, num_layers, bidirectional):
        super().__init__()
        self.activation, self.num_layers = activation, num_layers
        self.suffixes = ['', '_reverse'] if bidirectional else ['']
        for layer, suffix in itertools.product(range(num_layers), self.suffixes):
            width = input_size if layer == 0 else hidden_size * len(self.suffixes)
            for name, shape in [('weight_ih', (hidden_size, width)), ('weight_hh', (hidden_size, hidden_size)),
                                ('bias_ih', (hidden_size,)), ('bias_hh', (hidden_size,))]:
                self.register_parameter(f'{name}_l{layer}{suffix}', nn.Parameter(torch.empty(*shape)))

    def sequence(self, x, h0):
        """One sequence [time, 1, input]; h0 [layers × directions, 1, hidden]."""
        finals = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self.suffixes:
                U, W = getattr(self, f'weight_ih_l{layer}{suffix}'), getattr(self, f'weight_hh_l{layer}{suffix}')
                b = getattr(self, f'bias_ih_l{layer}{suffix}') + getattr(self, f'bias_hh_l{layer}{suffix}')
                h, steps = h0[len(finals)], {}
                for t in range(len(x)) if not suffix else reversed(range(len(x))):
                    h = self.activation(x[t] @ U.T + h @ W.T + b)
                    steps[t] = h
                finals.append(h)
                outputs.append(torch.stack([steps[t] for t in range(len(x))]))
            x = torch.cat(outputs, dim=2)
        return x, torch.stack(finals)


def module_of(cell, nonlinearity, sizes, layers, bidirectional, proj):
    input_size, hidden_size, _, _ = sizes
    if nonlinearity == 'sigmoid':
        return ElmanLoop(torch.sigmoid, input_size, hidden_size, layers, bidirectional)
    if cell == 'elman':
        return nn.RNN(input_size, hidden_size, layers, nonlinearity=nonlinearity, bidirectional=bidirectional)
    options = {'proj_size': proj} if proj else {}
    kind = {'gru': nn.GRU, 'lstm': nn.LSTM}[cell]
    return kind(input_size, hidden_size, layers, bidirectional=bidirectional, **options)


def run(module, x, state, lengths):
    if isinstance(module, ElmanLoop):
        rows = [module.sequence(x[:n, b : b + 1], state[:, b : b + 1]) for b, n in enumerate(lengths)]
        padded = [F.pad(output, (0, 0, 0, 0, 0, len(x) - len(output))) for output, _ in rows]
        return torch.cat(padded, dim=1), torch.cat([final for _, final in rows], dim=1)
    if min(lengths) == len(x):
        return module(x, state)
    packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    output, final = module(packed, state)
    return pad_packed_sequence(output, total_length=len(x))[0], final


def layer_case(cell, nonlinearity, layers, bidirectional, ragged, proj=0):
    input_size, hidden_size, batch, time = SIZES
    name = f'{nonlinearity or ""} {cell}, {layers} layers'.strip()
    name += (', both directions' if bidirectional else '') + (f', projected to {proj}' if proj else '')
    lengths = LENGTHS if ragged else [time] * batch
    name += ', lengths ' + ','.join(map(str, lengths)) if ragged else ''
    dtype = torch.float64
    draw = Draw(name, dtype)
    module = module_of(cell, nonlinearity, SIZES, layers, bidirectional, proj).to(dtype)
    set_recurrent(module, draw)
    states = layers * (2 if bidirectional else 1)
    x = draw.normal(time, batch, input_size).requires_grad_()
    h0 = draw.uniform(0.9, states, batch, proj or hidden_size).requires_grad_()
    c0 = draw.normal(states, batch, hidden_size).requires_grad_() if cell == 'lstm' else None
    output, final = run(module, x, h0 if c0 is None else (h0, c0), lengths)
    hn, cn = final if cell == 'lstm' else (final, None)
    leaves = {**dict(module.named_parameters()), 'x': x, 'h0': h0}
    results = {'output': output, 'hn': hn}
    if c0 is not None:
        leaves['c0'], results['cn'] = c0, cn
    weights = {{'output': 'wo', 'hn': 'wh', 'cn': 'wc'}[key]: draw.normal(*y.shape) for key, y in results.items()}
    loss = sum((y * w).sum() for y, w in zip(results.values(), weights.values()))
    loss.backward()
    tensors = {**leaves, **weights, **results, 'loss': loss}
    tensors.update({f'grad.{key}': leaf.grad for key, leaf in leaves.items()})
    case = describe(name, dtype, 'layer', cell, nonlinearity, (*SIZES, layers), True)
    case.update(bidirectional=bidirectional)
    if ragged:
        case.update(lengths=lengths)
    if proj:
        case.update(projSize=proj)
    return {**case, 'tensors': tensors}


def check_loop():
    """The loop that stands in for the sigmoid cell is nn.RNN where nn.RNN exists: forward and backward."""
    for nonlinearity, activation in (('tanh', torch.tanh), ('relu', torch.relu)):
        for bidirectional in (False, True):
            results = []
            for module in (nn.RNN(2, 3, 2, nonlinearity=nonlinearity, bidirectional=bidirectional),
                           ElmanLoop(activation, 2, 3, 2, bidirectional)):
                draw, module = Draw('loop of layers', torch.float64), module.double()
                set_recurrent(module, draw)
                x, h0 = draw.normal(4, 3, 2).requires_grad_(), draw.normal(4 if bidirectional else 2, 3, 3).requires_grad_()
                output, hn = run(module, x, h0, LENGTHS)
                ((output * draw.normal(*output.shape)).sum() + (hn * draw.normal(*hn.shape)).sum()).backward()
                results.append([output, hn, x.grad, h0.grad, *(p.grad for p in module.parameters())])
            assert max(map(distance, *results)) < 1e-14, f'not nn.RNN: {nonlinearity}, bidirectional {bidirectional}'


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    check_loop()
    shapes = list(itertools.product((1, 2), (False, True), (False, True)))
    cases = [layer_case(cell, nonlinearity, *shape) for cell, nonlinearity in CELLS for shape in shapes]
    cases += [layer_case('lstm', None, *shape, proj=2) for shape in shapes]
    write_cases(HERE / 'layers-float64.json', cases)


if __name__ == '__main__':
    main()
