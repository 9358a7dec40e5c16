"""The training step of ../trainingStep.ts in PyTorch: one JSON line a row, medians over steps.

    python3 benchmarks/peers/pytorch.py [--threads N] [--cell lstm] [--hidden-size 256]

The same model (embedding of hiddenSize, two recurrent layers, output layer over 65 symbols), batch 50, 50 steps, Adam,
clipping by global norm, state carried and detached.
"""
import argparse
import json
import time

import torch
from torch import nn

LAYERS, BATCH, TIME, SYMBOLS = 2, 50, 50, 65
GATES = {"elman": 1, "gru": 3, "lstm": 4}
CELLS = {"elman": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Model(nn.Module):
    def __init__(self, cell, hidden):
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS, hidden)
        self.recurrent = CELLS[cell](hidden, hidden, LAYERS)
        self.output = nn.Linear(hidden, SYMBOLS)

    def forward(self, tokens, state):
        output, state = self.recurrent(self.embedding(tokens), state)
        return self.output(output), state


def detached(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def measure(cell, hidden, counted=11):
    torch.manual_seed(1)
    model = Model(cell, hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    tokens = torch.randint(SYMBOLS, (TIME + 1, BATCH))
    state, times = None, []
    for step in range(counted + 2):
        begun = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        logits, state = model(tokens[:-1], state)
        loss = nn.functional.cross_entropy(logits.reshape(-1, SYMBOLS), tokens[1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        state = detached(state)
        if step >= 2:
            times.append(time.perf_counter() - begun)
    return sorted(times)[len(times) // 2], min(times), max(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--cell", nargs="*", default=list(CELLS))
    parser.add_argument("--hidden-size", nargs="*", type=int, default=[128, 256, 512])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for cell in options.cell:
        for hidden in options.hidden_size:
            median, least, most = measure(cell, hidden)
            flops = 6 * BATCH * TIME * (LAYERS * GATES[cell] * 2 * hidden * hidden + hidden * SYMBOLS)
            print(json.dumps({
                "peer": f"PyTorch {torch.__version__}", "cell": cell, "hiddenSize": hidden, "numLayers": LAYERS,
                "batchSize": BATCH, "timeSteps": TIME, "threads": options.threads,
                "tokensPerSecond": round(BATCH * TIME / median), "gflops": round(flops / median / 1e9, 1),
                "milliseconds": round(median * 1e3, 1), "fastest": round(least * 1e3, 1), "slowest": round(most * 1e3, 1),
            }), flush=True)


if __name__ == "__main__":
    main()
