# PyTorch's weighted cross-entropy and BCEWithLogitsLoss, with gradients: makes labelLosses.json.
# /usr/bin/python3 tests/golden/labelLosses.py (Debian's python3-torch)
import json, os
import torch
from torch.nn import functional as F

torch.manual_seed(6)
torch.set_default_dtype(torch.float64)
h = torch.randn(7, 5, requires_grad=True)
weight, bias = torch.randn(4, 5, requires_grad=True), torch.randn(4, requires_grad=True)
targets = torch.tensor([0, 3, 1, 1, 2, 0, 3])
classes = torch.tensor([0.5, 2.0, 1.25, 3.0])
loss = F.cross_entropy(h @ weight.T + bias, targets, weight=classes)
loss.backward()
o = (3 * torch.randn(6, 3)).requires_grad_()
y = torch.randint(0, 2, (6, 3)).double()
positive = torch.tensor([1.0, 4.0, 0.25])
binary = F.binary_cross_entropy_with_logits(o, y, pos_weight=positive)
binary.backward()
flat = lambda t: t.detach().flatten().tolist()
golden = {
    'torch': torch.__version__,
    'weighted': {'h': flat(h), 'weight': flat(weight), 'bias': flat(bias), 'targets': flat(targets), 'classes': flat(classes),
                 'loss': loss.item(), 'dH': flat(h.grad), 'dWeight': flat(weight.grad), 'dBias': flat(bias.grad)},
    'binary': {'o': flat(o), 'y': flat(y), 'positive': flat(positive), 'loss': binary.item(), 'dO': flat(o.grad)},
}
with open(os.path.join(os.path.dirname(__file__), 'labelLosses.json'), 'w') as file:
    json.dump(golden, file)
    file.write('\n')
