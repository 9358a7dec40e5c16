"""Writes the numbers that recurra's recurrent layers and language models are held to: PyTorch's own.

    /usr/bin/python3 tests/golden/recurrent.py      (Debian 12: apt-get install python3-torch python3-mpmath)

It writes recurrent-float32.json, recurrent-float64.json and math-float64.json beside itself. Every value comes from
PyTorch's modules, losses, optimizers and autograd. The one exception is the Elman cell with a sigmoid, which nn.RNN
lacks: it is a loop of torch operations under autograd, and the same loop with tanh and with ReLU is held against
nn.RNN here, before anything is written. math-float64.json comes from mpmath at 50 digits.

The same versions write the same bytes. What is given (parameters, inputs, states, weights of the loss) is drawn by
NumPy's frozen RandomState from the case's name and rounded to three decimals, so it is short in the files and is the
same number in both precisions. Results have as many digits as they need to be read back exactly (up to 9 and 17).

The float32 results are compared with the float64 ones before they are written: a case that rounding alone can move by
more than FLOAT32_LIMIT (a ReLU that stands on its kink, say) would blame an implementation for nothing.
The structure of the files is the TypeScript interface in golden.ts.
"""

import json
import math
import subprocess
import zlib
from pathlib import Path

import mpmath
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = Path(__file__).parent
FLOAT32_LIMIT = 5e-6
CELLS = [('elman', 'tanh'), ('elman', 'relu'), ('elman', 'sigmoid'), ('gru', None), ('lstm', None)]
LAYER_SIZES = [  # input, hidden, batch, time, layers
    (5, 7, 3, 5, 1),
    (6, 16, 4, 6, 2),
    (3, 33, 13, 4, 1),
]
LENGTHS = [5, 2, 4]
VOCABULARY, EMBEDDING, HIDDEN, LAYERS, BATCH, TIME, STRETCHES = 11, 6, 7, 2, 3, 5, 10
CLIP_NORM = 0.5
OUTPUT_RANGE = {'elman': 0.4, 'gru': 0.6, 'lstm': 2}  # so that of each cell's steps some are clipped and some are not
OPTIMIZERS = {
    'sgd': dict(algorithm='sgd', learningRate=0.5, momentum=0, weightDecay=0),
    'momentum': dict(algorithm='sgd', learningRate=0.1, momentum=0.9, weightDecay=1e-3),
    'adam': dict(algorithm='adam', learningRate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=0),
    'adamw': dict(algorithm='adamw', learningRate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=0.1),
}


class Draw:
    """Given numbers: the same for both precisions, because the seed is the case's name without its precision."""

    def __init__(self, name, dtype):
        self.random = np.random.RandomState(zlib.crc32(name.encode()))
        self.dtype = dtype

    def normal(self, *shape):
        return torch.tensor(np.round(self.random.standard_normal(shape), 3), dtype=self.dtype)

    def uniform(self, bound, *shape):
        return torch.tensor(np.round(self.random.uniform(-bound, bound, shape), 3), dtype=self.dtype)

    def tokens(self, *shape):
        return torch.tensor(self.random.randint(0, VOCABULARY, shape), dtype=torch.int64)


class ElmanLoop(nn.Module):
    """The Elman network step by step, with nn.RNN's parameter names and results."""

    def __init__(self, activation, input_size, hidden_size, num_layers, bias):
        super().__init__()
        self.activation, self.num_layers, self.bias = activation, num_layers, bias
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size
            self.register_parameter(f'weight_ih_l{layer}', nn.Parameter(torch.empty(hidden_size, width)))
            self.register_parameter(f'weight_hh_l{layer}', nn.Parameter(torch.empty(hidden_size, hidden_size)))
            if bias:
                self.register_parameter(f'bias_ih_l{layer}', nn.Parameter(torch.empty(hidden_size)))
                self.register_parameter(f'bias_hh_l{layer}', nn.Parameter(torch.empty(hidden_size)))

    def forward(self, x, h0):
        finals = []
        for layer in range(self.num_layers):
            U, W = getattr(self, f'weight_ih_l{layer}'), getattr(self, f'weight_hh_l{layer}')
            b = getattr(self, f'bias_ih_l{layer}') + getattr(self, f'bias_hh_l{layer}') if self.bias else 0
            h, steps = h0[layer], []
            for t in range(x.shape[0]):
                h = self.activation(x[t] @ U.T + h @ W.T + b)
                steps.append(h)
            x = torch.stack(steps)
            finals.append(h)
        return x, torch.stack(finals)


def recurrent(cell, nonlinearity, input_size, hidden_size, num_layers, bias=True):
    if nonlinearity == 'sigmoid':
        return ElmanLoop(torch.sigmoid, input_size, hidden_size, num_layers, bias)
    if cell == 'elman':
        return nn.RNN(input_size, hidden_size, num_layers, nonlinearity=nonlinearity, bias=bias)
    return {'gru': nn.GRU, 'lstm': nn.LSTM}[cell](input_size, hidden_size, num_layers, bias=bias)


def set_recurrent(module, draw):
    """PyTorch's usual range, 1/sqrt(hiddenSize), in the order of the module's parameters."""
    bound = 1 / math.sqrt(module.weight_hh_l0.shape[1])
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(draw.uniform(bound, *parameter.shape))


def run_ragged(module, x, state, lengths):
    """Packed sequences; the loop, which knows no packing, runs each sequence alone."""
    if not isinstance(module, ElmanLoop):
        packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
        output, final = module(packed, state)
        return pad_packed_sequence(output, total_length=x.shape[0])[0], final
    outputs, finals = [], []
    for row, length in enumerate(lengths):
        output, final = module(x[:length, row : row + 1], state[:, row : row + 1])
        outputs.append(F.pad(output, (0, 0, 0, 0, 0, x.shape[0] - length)))
        finals.append(final)
    return torch.cat(outputs, dim=1), torch.cat(finals, dim=1)


def describe(name, dtype, kind, cell, nonlinearity, sizes, bias):
    """The fields of a case before its tensors; golden.ts says what they mean."""
    input_size, hidden_size, batch, time, layers = sizes
    case = dict(name=name, dtype=str(dtype).removeprefix('torch.'), kind=kind, cell=cell)
    if nonlinearity:
        case['nonlinearity'] = nonlinearity
    case.update(inputSize=input_size, hiddenSize=hidden_size, numLayers=layers, batchSize=batch, time=time, bias=bias)
    return case


def layer_case(cell, nonlinearity, dtype, sizes, bias=True, lengths=None):
    input_size, hidden_size, batch, time, layers = sizes
    label = f'{cell}-{nonlinearity}' if nonlinearity else cell
    name = f'layer {label} input {input_size} hidden {hidden_size} batch {batch} time {time} layers {layers}'
    name += ('' if bias else ' without bias') + (' lengths ' + ','.join(map(str, lengths)) if lengths else '')
    draw = Draw(name, dtype)
    module = recurrent(cell, nonlinearity, input_size, hidden_size, layers, bias).to(dtype)
    set_recurrent(module, draw)
    x = draw.normal(time, batch, input_size).requires_grad_()
    h0 = draw.uniform(0.9, layers, batch, hidden_size).requires_grad_()
    c0 = draw.normal(layers, batch, hidden_size).requires_grad_() if cell == 'lstm' else None
    state = h0 if c0 is None else (h0, c0)
    output, final = run_ragged(module, x, state, lengths) if lengths else module(x, state)
    hn, cn = final if cell == 'lstm' else (final, None)
    wo, wh = draw.normal(*output.shape), draw.normal(*hn.shape)
    loss = (output * wo).sum() + (hn * wh).sum()
    tensors = {**dict(module.named_parameters()), 'x': x, 'h0': h0, 'wo': wo, 'wh': wh, 'output': output, 'hn': hn}
    leaves = {**dict(module.named_parameters()), 'x': x, 'h0': h0}
    if c0 is not None:
        wc = draw.normal(*cn.shape)
        loss = loss + (cn * wc).sum()
        tensors.update(c0=c0, wc=wc, cn=cn)
        leaves['c0'] = c0
    loss.backward()
    tensors['loss'] = loss
    tensors.update({f'grad.{key}': leaf.grad for key, leaf in leaves.items()})
    case = describe(name, dtype, 'layer', cell, nonlinearity, sizes, bias)
    if lengths:
        case.update(lengths=lengths, bidirectional=False)
    return {**case, 'tensors': tensors}


class LanguageModel(nn.Module):
    def __init__(self, cell, nonlinearity, input, tied):
        super().__init__()
        width = {'embedding': HIDDEN if tied else EMBEDDING, 'oneHot': VOCABULARY}[input]
        self.cell = cell
        self.embedding = nn.Embedding(VOCABULARY, width) if input == 'embedding' else None
        self.recurrent = recurrent(cell, nonlinearity, width, HIDDEN, LAYERS)
        self.output = nn.Linear(HIDDEN, VOCABULARY)
        if tied:
            self.output.weight = self.embedding.weight

    def set(self, draw):
        with torch.no_grad():
            self.output.weight.copy_(draw.uniform(OUTPUT_RANGE[self.cell], VOCABULARY, HIDDEN))
            self.output.bias.copy_(draw.uniform(1 / math.sqrt(HIDDEN), VOCABULARY))
            if self.embedding is not None and self.embedding.weight is not self.output.weight:
                self.embedding.weight.copy_(draw.normal(*self.embedding.weight.shape))
        set_recurrent(self.recurrent, draw)
        return self

    def zero_state(self, dtype):
        h, c = (torch.zeros(LAYERS, BATCH, HIDDEN, dtype=dtype) for _ in range(2))
        return (h, c) if self.cell == 'lstm' else h

    def forward(self, tokens, state):
        dtype = self.output.weight.dtype
        x = F.one_hot(tokens, VOCABULARY).to(dtype) if self.embedding is None else self.embedding(tokens)
        hidden, final = self.recurrent(x, state)
        return self.output(hidden), final


def stretch(stream, index):
    """Tokens and targets [time, batch] of one stretch of the stream [batch, length]: the target is the next token."""
    start = index * TIME
    return stream[:, start : start + TIME].T, stream[:, start + 1 : start + TIME + 1].T


def cross_entropy(logits, targets):
    return F.cross_entropy(logits.reshape(-1, VOCABULARY), targets.reshape(-1))


def make_optimizer(parameters, o):
    if o['algorithm'] == 'sgd':
        return torch.optim.SGD(parameters, lr=o['learningRate'], momentum=o['momentum'], weight_decay=o['weightDecay'])
    kind = {'adam': torch.optim.Adam, 'adamw': torch.optim.AdamW}[o['algorithm']]
    betas = (o['beta1'], o['beta2'])
    return kind(parameters, lr=o['learningRate'], betas=betas, eps=o['epsilon'], weight_decay=o['weightDecay'])


def train(model, stream, settings, dtype):
    """Truncated backpropagation through time: the state is carried, the gradient is cut, the norm is clipped."""
    optimizer, state = make_optimizer(model.parameters(), settings), model.zero_state(dtype)
    losses, norms = [], []
    for index in range(STRETCHES):
        tokens, targets = stretch(stream, index)
        optimizer.zero_grad()
        logits, state = model(tokens, state)
        loss = cross_entropy(logits, targets)
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM).detach())
        losses.append(loss.detach())
        optimizer.step()
        state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
    return torch.stack(losses), torch.stack(norms)


def language_model_case(cell, nonlinearity, dtype, input='embedding', tied=False):
    label = f'{cell}-{nonlinearity}' if nonlinearity else cell
    name = f'language model {label}' + (' tied' if tied else '') + (' one-hot' if input == 'oneHot' else '')

    def start():
        draw = Draw(name, dtype)
        stream = draw.tokens(BATCH, STRETCHES * TIME + 1)
        return LanguageModel(cell, nonlinearity, input, tied).to(dtype).set(draw), stream

    model, stream = start()
    tokens, targets = stretch(stream, 0)
    logits, final = model(tokens, model.zero_state(dtype))
    loss = cross_entropy(logits, targets)
    loss.backward()
    parameters = dict(model.named_parameters())  # a tied weight appears once, as embedding.weight
    tensors = {'stream': stream, 'tokens': tokens, 'targets': targets, **parameters, 'logits': logits}
    tensors.update({'hn': final[0], 'cn': final[1]} if cell == 'lstm' else {'hn': final})
    tensors['loss'] = loss
    tensors.update({f'grad.{key}': parameter.grad for key, parameter in parameters.items()})
    for key, settings in OPTIMIZERS.items():
        trained, _ = start()
        tensors[f'losses.{key}'], tensors[f'norms.{key}'] = train(trained, stream, settings, dtype)
        tensors.update({f'after.{key}.{p}': value for p, value in trained.named_parameters()})
    width = model.recurrent.weight_ih_l0.shape[1]
    sizes = (width, HIDDEN, BATCH, TIME, LAYERS)
    case = describe(name, dtype, 'languageModel', cell, nonlinearity, sizes, True)
    case.update(vocabularySize=VOCABULARY, input=input, tied=tied, clipNorm=CLIP_NORM, optimizers=OPTIMIZERS)
    return {**case, 'tensors': tensors}


def all_cases(dtype):
    cases = []
    for cell, nonlinearity in CELLS:
        cases += [layer_case(cell, nonlinearity, dtype, sizes) for sizes in LAYER_SIZES]
        cases.append(layer_case(cell, nonlinearity, dtype, LAYER_SIZES[0], bias=False))
        cases.append(layer_case(cell, nonlinearity, dtype, LAYER_SIZES[0], lengths=LENGTHS))
    cases += [language_model_case(cell, nonlinearity, dtype) for cell, nonlinearity in CELLS]
    cases.append(language_model_case('lstm', None, dtype, tied=True))
    cases.append(language_model_case('lstm', None, dtype, input='oneHot'))
    return cases


def distance(a, b):
    a, b = a.detach().double(), b.detach().double()
    return float((a - b).norm() / b.norm()) if b.norm() > 0 else float(a.norm())


def check_loop():
    """The loop that stands in for the sigmoid cell is nn.RNN where nn.RNN exists: forward, backward and ragged."""
    for nonlinearity, activation in (('tanh', torch.tanh), ('relu', torch.relu)):
        for lengths in (None, LENGTHS):
            results = []
            for module in (nn.RNN(5, 7, 2, nonlinearity=nonlinearity), ElmanLoop(activation, 5, 7, 2, True)):
                draw, module = Draw('loop', torch.float64), module.double()
                set_recurrent(module, draw)
                x, h0 = draw.normal(5, 3, 5).requires_grad_(), draw.normal(2, 3, 7).requires_grad_()
                output, hn = run_ragged(module, x, h0, lengths) if lengths else module(x, h0)
                ((output * draw.normal(*output.shape)).sum() + (hn * draw.normal(*hn.shape)).sum()).backward()
                results.append([output, hn, x.grad, h0.grad, *(p.grad for p in module.parameters())])
            assert max(map(distance, *results)) < 1e-14, f'not nn.RNN: {nonlinearity}, lengths {lengths}'


def check_precisions(singles, doubles):
    worst = (0, '')
    for single, double in zip(singles, doubles, strict=True):
        assert single['name'] == double['name']
        for key, tensor in single['tensors'].items():
            worst = max(worst, (distance(tensor, double['tensors'][key]), f'{single["name"]}: {key}'))
    assert worst[0] < FLOAT32_LIMIT, f'float32 and float64 differ by {worst}: give that case another name, thus seed'
    print(f'float32 against float64, worst of all tensors: {worst[0]:.1e} ({worst[1]})')


def number(value):
    """The shortest decimal that a double, then a fround, turns back into this very number."""
    if isinstance(value, np.integer):
        return str(value)
    assert np.isfinite(value)
    text = str(value).removesuffix('.0')
    assert type(value)(float(text)) == value
    return text


def numbers(values):
    return '[' + ','.join(number(value) for value in values) + ']'


def tensor_json(tensor):
    dtype = '"dtype":"int32",' if tensor.dtype == torch.int64 else ''
    data = numbers(tensor.detach().numpy().ravel())
    return '{' + dtype + f'"shape":{json.dumps(list(tensor.shape))},"data":{data}' + '}'


def write_cases(path, cases):
    blocks = []
    for case in cases:
        fields = [f'{json.dumps(key)}: {json.dumps(value)}' for key, value in case.items() if key != 'tensors']
        rows = ',\n'.join(f'{json.dumps(key)}: {tensor_json(tensor)}' for key, tensor in case['tensors'].items())
        blocks.append('{' + ', '.join(fields) + ',\n"tensors": {\n' + rows + '\n}}')
    package = subprocess.run(['dpkg-query', '-W', 'python3-torch'], capture_output=True, text=True, check=True).stdout
    head = f'"torch": {json.dumps(torch.__version__)},\n"package": {json.dumps(" ".join(package.split()))},\n'
    path.write_text('{' + head + '"cases": [\n' + ',\n'.join(blocks) + '\n]}\n')


def write_math(path):
    """About 400 points: zero, powers of ten from 1e-8, an even net over [-100, 100], a finer one over [-10, 10]."""
    mpmath.mp.dps = 50
    small = [m * 10.0**e for e in range(-8, 0) for m in (1, 2.5, 7)]
    random = np.random.RandomState(1)
    points = [0.0, *small, *(-v for v in small), *np.linspace(-100, 100, 101)]
    points += [*np.round(random.uniform(-10, 10, 150), 6), *np.round(random.uniform(-100, 100, 60), 6)]
    # Where implementations change their method: range reduction at multiples of ln 2, tanh and sigmoid at saturation,
    # exp at float32's overflow and underflow.
    turns = [0.34657359, 0.69314718, 0.625, 9.01, 16.635532, 18.714974, 87.336544, 88.722839]
    points += [*turns, *(-v for v in turns)]
    xs = np.array(sorted(set(float(p) + 0.0 for p in points)))
    functions = {
        'tanh': mpmath.tanh,
        'sigmoid': lambda v: 1 / (1 + mpmath.exp(-v)),
        'exp': mpmath.exp,
    }
    rows = [f'"x": {numbers(xs)}']
    for key, function in functions.items():
        rows.append(f'{json.dumps(key)}: {numbers([np.float64(float(function(mpmath.mpf(float(x))))) for x in xs])}')
    path.write_text('{' + f'"mpmath": {json.dumps(mpmath.__version__)},\n' + ',\n'.join(rows) + '}\n')


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    check_loop()
    singles, doubles = all_cases(torch.float32), all_cases(torch.float64)
    check_precisions(singles, doubles)
    write_cases(HERE / 'recurrent-float32.json', singles)
    write_cases(HERE / 'recurrent-float64.json', doubles)
    write_math(HERE / 'math-float64.json')


if __name__ == '__main__':
    main()
