"""PyTorch as a peer: the protocol of serve.ts, the tasks of ../tasks.ts.

The same model (embedding of hiddenSize, recurrent layers, output layer), Adam or SGD, clipping by global norm, state
carried and detached. `--memory` instead runs five training steps of the task given as JSON, and prints the peak of
resident memory.
"""
import json
import resource
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    print(json.dumps({"missing": f"{sys.executable} -m pip install torch"}), flush=True)
    sys.exit(0)

CELLS = {"elman": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Model(nn.Module):
    def __init__(self, task):
        super().__init__()
        hidden = task["hiddenSize"]
        self.embedding = nn.Embedding(task["vocabulary"], hidden)
        self.recurrent = CELLS[task["cell"]](hidden, hidden, task["numLayers"])
        self.output = nn.Linear(hidden, task["vocabulary"])

    def forward(self, tokens, state):
        output, state = self.recurrent(self.embedding(tokens), state)
        return self.output(output), state


def detached(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


class Training:
    def __init__(self, task):
        torch.manual_seed(1)
        self.model = Model(task)
        optimizer = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[task["optimizer"]]
        self.optimizer = optimizer(self.model.parameters(), lr=1e-3)
        self.vocabulary = task["vocabulary"]
        self.tokens = torch.randint(self.vocabulary, (task["timeSteps"] + 1, task["batchSize"]))
        self.state = None

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        logits, state = self.model(self.tokens[:-1], self.state)
        loss = nn.functional.cross_entropy(logits.reshape(-1, self.vocabulary), self.tokens[1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.state = detached(state)
        return loss.item()


class Inference:
    def __init__(self, task):
        torch.manual_seed(1)
        hidden = task["hiddenSize"]
        self.recurrent = CELLS[task["cell"]](hidden, hidden)
        self.input = torch.rand(task["timeSteps"], task["batchSize"], hidden) * 2 - 1
        self.streamed = task["streamed"]
        self.state = None

    def step(self):
        with torch.inference_mode():
            output, state = self.recurrent(self.input, self.state)
            if self.streamed:
                self.state = state
            return output


def prepare(task):
    return Training(task) if task["kind"] == "training" else Inference(task)


def peak_kilobytes():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak


def serve():
    print(json.dumps({"name": f"PyTorch {torch.__version__}", "threads": sorted({1, torch.get_num_threads()})}), flush=True)
    present, ready = None, None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            torch.set_num_threads(request["threads"])
            if request["task"] != present:
                present, ready = request["task"], prepare(request["task"])
            times = []
            for _ in range(request["steps"]):
                begun = time.perf_counter()
                ready.step()
                times.append((time.perf_counter() - begun) * 1e3)
            print(json.dumps({"milliseconds": times}), flush=True)
        except Exception as error:
            print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        training = Training(json.loads(sys.argv[2]))
        for _ in range(5):
            training.step()
        print(json.dumps({"name": f"PyTorch {torch.__version__}", "kilobytes": peak_kilobytes()}))
    else:
        serve()
