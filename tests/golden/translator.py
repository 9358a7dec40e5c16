"""Writes the numbers that recurra's translator is held to: PyTorch's own.

    /usr/bin/python3 tests/golden/translator.py      (Debian 12: apt-get install python3-torch)

It writes translator-float64.json beside itself: for each kind of attention the parameters under recurra's names, a ragged
batch, the mean cross-entropy of its targets and the gradient of every parameter, from nn.Embedding, nn.GRU or nn.LSTM (the
encoder over a packed sequence), nn.functional and autograd in float64. The equations are those of docs/translation.md.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

SOURCE, TARGET, EMBEDDING, HIDDEN, ATTENTION = 8, 7, 3, 4, 5
SOURCE_LENGTHS, TARGET_LENGTHS = [4, 2, 5], [5, 3, 2]
FORMS = [
    dict(name='none', attention='none', cell='lstm', bidirectional=True, layers=2, encoder=4),
    dict(name='luong-general', attention='luong-general', cell='gru', bidirectional=True, layers=2, encoder=3),
    dict(name='luong-dot', attention='luong-dot', cell='gru', bidirectional=True, layers=1, encoder=2, feeding=True),
    dict(name='bahdanau', attention='bahdanau', cell='lstm', bidirectional=False, layers=2, encoder=3),
]

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20)


def draw(*shape):
    return nn.Parameter((torch.rand(*shape, generator=generator) * 2 - 1) * 0.8)


def recurrent(parameters, prefix, cell, inputs, hidden, layers, bidirectional):
    """A PyTorch stack whose parameters are drawn and listed."""
    stack = {'gru': nn.GRU, 'lstm': nn.LSTM}[cell](inputs, hidden, layers, bidirectional=bidirectional)
    for name, old in list(stack.named_parameters()):
        new = draw(*old.shape)
        setattr(stack, name, new)
        parameters[f'{prefix}.{name}'] = new
    return stack


def case(form):
    cell, layers, bidirectional = form['cell'], form['layers'], form['bidirectional']
    kind, feeding = form['attention'], form.get('feeding', False)
    directions = 2 if bidirectional else 1
    memory_size = form['encoder'] * directions
    p = {'sourceEmbedding.weight': draw(SOURCE, EMBEDDING), 'targetEmbedding.weight': draw(TARGET, EMBEDDING)}
    encoder = recurrent(p, 'encoder', cell, EMBEDDING, form['encoder'], layers, bidirectional)
    fed = memory_size if kind == 'bahdanau' else HIDDEN if feeding else 0
    decoder = recurrent(p, 'decoder', cell, EMBEDDING + fed, HIDDEN, layers, False)
    for layer in range(layers):
        for state in ['hidden'] + (['cell'] if cell == 'lstm' else []):
            p[f'bridge.{state}_l{layer}.weight'] = draw(HIDDEN, memory_size)
            p[f'bridge.{state}_l{layer}.bias'] = draw(HIDDEN)
    if kind == 'luong-general':
        p['attention.query.weight'] = draw(memory_size, HIDDEN)
    if kind == 'bahdanau':
        p['attention.query.weight'] = draw(ATTENTION, HIDDEN)
        p['attention.key.weight'] = draw(ATTENTION, memory_size)
        p['attention.key.bias'] = draw(ATTENTION)
        p['attention.score.weight'] = draw(ATTENTION)
    if kind != 'none':
        p['readout.weight'] = draw(HIDDEN, memory_size + HIDDEN + (EMBEDDING if kind == 'bahdanau' else 0))
        p['readout.bias'] = draw(HIDDEN)
    p['output.weight'] = draw(TARGET, HIDDEN)
    p['output.bias'] = draw(TARGET)

    tokens = lambda size, length: torch.randint(size, (length,), generator=generator).tolist()
    sources = [tokens(SOURCE, length) for length in SOURCE_LENGTHS]
    inputs = [tokens(TARGET, length) for length in TARGET_LENGTHS]
    targets = [tokens(TARGET, length) for length in TARGET_LENGTHS]

    padded = nn.utils.rnn.pad_sequence([F.embedding(torch.tensor(s), p['sourceEmbedding.weight']) for s in sources])
    packed = pack_padded_sequence(padded, SOURCE_LENGTHS, enforce_sorted=False)
    states, last = encoder(packed)
    memory, _ = pad_packed_sequence(states)
    losses = []
    for b, length in enumerate(SOURCE_LENGTHS):
        m = memory[:length, b]
        start = []
        for name, state in zip(['hidden', 'cell'], last if cell == 'lstm' else [last]):
            beside = state[:, b].reshape(layers, memory_size)
            maps = [F.linear(beside[k], p[f'bridge.{name}_l{k}.weight'], p[f'bridge.{name}_l{k}.bias']) for k in range(layers)]
            start.append(torch.stack([torch.tanh(x) if name == 'hidden' else x for x in maps]))

        def attend(h):
            if kind == 'luong-dot':
                e = m @ h
            elif kind == 'luong-general':
                e = m @ (p['attention.query.weight'] @ h)
            else:
                keys = F.linear(m, p['attention.key.weight'], p['attention.key.bias'])
                e = torch.tanh(keys + p['attention.query.weight'] @ h) @ p['attention.score.weight']
            return torch.softmax(e, 0) @ m

        state, before = start, torch.zeros(HIDDEN)
        for token, target in zip(inputs[b], targets[b]):
            y = p['targetEmbedding.weight'][token]
            context = attend(state[0][-1]) if kind == 'bahdanau' else None
            x = torch.cat([y, context]) if kind == 'bahdanau' else torch.cat([y, before]) if feeding else y
            given = tuple(s.unsqueeze(1) for s in state) if cell == 'lstm' else state[0].unsqueeze(1)
            output, after = decoder(x.reshape(1, 1, -1), given)
            state = [s.squeeze(1) for s in (after if cell == 'lstm' else [after])]
            h = output.reshape(-1)
            if kind == 'none':
                read = h
            else:
                parts = [context, h, y] if kind == 'bahdanau' else [attend(h), h]
                read = torch.tanh(F.linear(torch.cat(parts), p['readout.weight'], p['readout.bias']))
            before = read
            logits = F.linear(read, p['output.weight'], p['output.bias'])
            losses.append(F.cross_entropy(logits.unsqueeze(0), torch.tensor([target])))
    loss = torch.stack(losses).mean()
    loss.backward()
    return {
        **form, 'feeding': feeding, 'sources': sources, 'inputs': inputs, 'targets': targets, 'loss': loss.item(),
        'parameters': {name: {'shape': list(x.shape), 'data': x.detach().flatten().tolist(),
                              'gradient': x.grad.flatten().tolist()} for name, x in p.items()},
    }


sizes = {'source': SOURCE, 'target': TARGET, 'embedding': EMBEDDING, 'hidden': HIDDEN, 'attention': ATTENTION}
golden = {'torch': torch.__version__, 'sizes': sizes, 'cases': [case(form) for form in FORMS]}
Path(__file__).with_name('translator-float64.json').write_text(json.dumps(golden) + '\n')
