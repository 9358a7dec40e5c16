# PyTorch's AdaptiveLogSoftmaxWithLoss in float64, with gradients and all log-probabilities: makes adaptiveSoftmax.json.
# /usr/bin/python3 tests/golden/adaptiveSoftmax.py (Debian's python3-torch)
import json, os
import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
flat = lambda t: t.detach().flatten().tolist()
cases = []
for cutoffs, divisor, targets in [
    ([4, 9], 4.0, [0, 3, 4, 8, 9, 14, 2, 10, 5]),
    ([3], 4.0, [0, 1, 2, 14, 3, 7, 2, 2, 0]),
    # No target in the second cluster.
    ([2, 5, 11], 2.0, [0, 1, 2, 3, 12, 14, 4, 1, 0]),
]:
    layer = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 15, cutoffs, div_value=divisor)
    h = torch.randn(len(targets), 16, requires_grad=True)
    out = layer(h, torch.tensor(targets))
    out.loss.backward()
    named = dict(layer.named_parameters())
    cases.append({
        'cutoffs': cutoffs, 'divisor': divisor, 'targets': targets, 'h': flat(h),
        'parameters': {name: flat(p) for name, p in named.items()},
        'loss': out.loss.item(), 'losses': flat(-out.output), 'dH': flat(h.grad),
        'gradients': {name: flat(p.grad) if p.grad is not None else [0.0] * p.numel() for name, p in named.items()},
        'logProbabilities': flat(layer.log_prob(h)),
    })
with open(os.path.join(os.path.dirname(__file__), 'adaptiveSoftmax.json'), 'w') as file:
    json.dump({'torch': torch.__version__, 'cases': cases}, file)
    file.write('\n')
