"""Writes the numbers that recurra's training is held to: PyTorch's optimizers, schedulers, clipping and losses.

    /usr/bin/python3 tests/golden/training.py      (Debian 12: apt-get install python3-torch)

It writes training.json beside itself. What is given is drawn by NumPy's frozen RandomState and rounded to three decimals.
Optimizers do ten steps on two parameters with ten given gradients, in float32 and in float64; everything else is float64.
The structure of the file is the TypeScript interface in goldenTraining.ts.
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from torch.optim import lr_scheduler

HERE = Path(__file__).parent
STEPS = 10
SHAPES = [(3, 4), (5,)]
draw = np.random.RandomState(7)
normal = lambda *shape: np.round(draw.standard_normal(shape), 3)
START = [normal(*shape) for shape in SHAPES]
GRADIENTS = [[normal(*shape) for shape in SHAPES] for _ in range(STEPS)]

OPTIMIZERS = {
    'sgd': (torch.optim.SGD, dict(lr=0.1)),
    'sgd, weight decay': (torch.optim.SGD, dict(lr=0.1, weight_decay=0.05)),
    'momentum': (torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.01)),
    'nesterov': (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True)),
    'rmsprop': (torch.optim.RMSprop, dict(lr=0.01, alpha=0.95, eps=1e-8)),
    'rmsprop, momentum': (torch.optim.RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-6, momentum=0.5, weight_decay=0.01)),
    'adagrad': (torch.optim.Adagrad, dict(lr=0.05, eps=1e-10, weight_decay=0.01)),
    'adam': (torch.optim.Adam, dict(lr=0.01, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.02)),
    'adamw': (torch.optim.AdamW, dict(lr=0.01, betas=(0.8, 0.999), eps=1e-7, weight_decay=0.1)),
    'asgd': (torch.optim.ASGD, dict(lr=0.05, lambd=1e-2, alpha=0.75, t0=4, weight_decay=0.01)),
    'asgd, as AWD-LSTM': (torch.optim.ASGD, dict(lr=0.05, lambd=0.0, t0=0, weight_decay=1e-2)),
}


def run_optimizer(make, options, dtype):
    # ASGD keeps its rate and its share as tensors of this type: float32's would round them in a float64 run.
    torch.set_default_dtype(dtype)
    parameters = [torch.tensor(value, dtype=dtype, requires_grad=True) for value in START]
    optimizer = make(parameters, **options)
    for gradients in GRADIENTS:
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = torch.tensor(gradient, dtype=dtype)
        optimizer.step()
    return {
        'after': [flat(parameter) for parameter in parameters],
        **({'averages': [flat(optimizer.state[p]['ax']) for p in parameters]} if make is torch.optim.ASGD else {}),
    }


def flat(tensor):
    return [float(value) for value in tensor.detach().reshape(-1).to(torch.float64)]


def schedule_rates(make, count, losses=None):
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=0.5)
    scheduler = make(optimizer)
    rates = []
    for step in range(count):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        scheduler.step(*([losses[step]] if losses else []))
    return rates


LOSSES = [3, 2.5, 2.4, 2.45, 2.41, 2.3999, 2.2, 2.3, 2.21, 2.19999, 2.5, 2.4, 2.6, 2.1, 2.2]


def schedules():
    return {
        'step': schedule_rates(lambda o: lr_scheduler.StepLR(o, step_size=4, gamma=0.3), 14),
        'exponential': schedule_rates(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9), 14),
        'cosine': schedule_rates(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=12, eta_min=0.01), 13),
        'warmup': schedule_rates(lambda o: lr_scheduler.LinearLR(o, start_factor=0.2, total_iters=4), 8),
        'plateau': schedule_rates(
            lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1), len(LOSSES), LOSSES
        ),
        'plateauLosses': LOSSES,
    }


def clipping():
    def after(clip):
        parameters = [torch.zeros(shape, dtype=torch.float64, requires_grad=True) for shape in SHAPES]
        for parameter, gradient in zip(parameters, GRADIENTS[0]):
            parameter.grad = torch.tensor(gradient)
        clip(parameters)
        return [flat(p.grad) for p in parameters]

    def each(parameters):
        for parameter in parameters:
            torch.nn.utils.clip_grad_norm_([parameter], 2.5)

    return {
        'norm': after(lambda p: torch.nn.utils.clip_grad_norm_(p, 1.5)),
        'value': after(lambda p: torch.nn.utils.clip_grad_value_(p, 0.6)),
        'parameter': after(each),
    }


def cross_entropy():
    h = torch.tensor(normal(7, 4), requires_grad=True)
    weight = torch.tensor(normal(5, 4), requires_grad=True)
    bias = torch.tensor(normal(5), requires_grad=True)
    targets = torch.tensor([0, 3, -1, 4, 4, 1, 2])
    cases = []
    for smoothing in [0.1, 0.35]:
        for tensor in (h, weight, bias):
            tensor.grad = None
        loss = F.cross_entropy(F.linear(h, weight, bias), targets, ignore_index=-1, label_smoothing=smoothing)
        loss.backward()
        grads = {'h': flat(h.grad), 'weight': flat(weight.grad), 'bias': flat(bias.grad)}
        cases.append({'smoothing': smoothing, 'loss': loss.item(), 'grads': grads})
    given = {'h': flat(h), 'weight': flat(weight), 'bias': flat(bias), 'targets': targets.tolist()}
    return {**given, 'cases': cases}


def regression():
    y = torch.tensor(normal(6, 2), requires_grad=True)
    targets = torch.tensor(normal(6, 2))
    cases = []
    for loss, delta, function in [
        ('squared', 1, lambda: F.mse_loss(y, targets)),
        ('huber', 1, lambda: F.huber_loss(y, targets)),
        ('huber', 0.4, lambda: F.huber_loss(y, targets, delta=0.4)),
    ]:
        y.grad = None
        value = function()
        value.backward()
        cases.append({'loss': loss, 'delta': delta, 'value': value.item(), 'grad': flat(y.grad)})
    return {'y': flat(y), 'targets': flat(targets), 'cases': cases}


def main():
    torch.set_num_threads(1)
    optimizers = []
    for name, (make, options) in OPTIMIZERS.items():
        results = {key: run_optimizer(make, options, dtype) for key, dtype in [('float32', torch.float32), ('float64', torch.float64)]}
        optimizers.append({'name': name, 'options': options, **results})
    torch.set_default_dtype(torch.float32)
    package = subprocess.run(['dpkg-query', '-W', 'python3-torch'], capture_output=True, text=True, check=True).stdout
    content = {
        'torch': torch.__version__,
        'package': ' '.join(package.split()),
        'start': [value.ravel().tolist() for value in START],
        'gradients': [[value.ravel().tolist() for value in step] for step in GRADIENTS],
        'optimizers': optimizers,
        'schedules': schedules(),
        'clipping': clipping(),
        'crossEntropy': cross_entropy(),
        'regression': regression(),
    }
    lines = ',\n'.join(f'{json.dumps(key)}: {json.dumps(value, separators=(",", ":"))}' for key, value in content.items())
    (HERE / 'training.json').write_text('{\n' + lines + '\n}\n')


main()
