"""Is bfloat16 faster than PyTorch's? `python bench/bfloat16.py` races every function, one thread each.

Both run in turn in every round, with outputs given where PyTorch takes them, and the time of each is that of its best
round. A function that PyTorch lacks is composed of those that it has. Each takes the newest instructions that it has
kernels for; to hold both to an older set:

    FASTSIG_ISA=avx2 ATEN_CPU_CAPABILITY=avx2 python bench/bfloat16.py

With `--log FILE` it writes a log for the table in docs/bfloat16.md.

Needs ml_dtypes and torch.
"""

import sys
from time import perf_counter

import machine
import numpy as np

import fastsig

TIMES = "times as fast"  # the column that the page shows


def contenders(n, rng):
    """Return, by function, its inputs and a call of PyTorch that computes the same."""
    import ml_dtypes
    import torch

    def tensor(a):
        return torch.from_numpy(a.view(np.int16)).view(torch.bfloat16)

    def with_derivative():
        s = torch.sigmoid(tx)
        return s, s * (1 - s)

    def second_derivative():
        s = torch.sigmoid(tx)
        return s * (1 - s) * (1 - 2 * s)

    def gradient_hessian():
        s = torch.sigmoid(tx)
        return s - tt, s * (1 - s)

    def with_gradient():
        return functional.binary_cross_entropy_with_logits(tx, tt, reduction="none"), torch.sigmoid(tx) - tt

    torch.set_num_threads(1)
    x = rng.normal(0, 4, n).astype(ml_dtypes.bfloat16)
    t, grad = rng.random(n).astype(x.dtype), rng.normal(0, 1, n).astype(x.dtype)
    y = fastsig.sigmoid(x)
    p = fastsig.sigmoid(rng.normal(0, 2, n).astype(x.dtype))
    tx, tt, tp, ty, tgrad, ones = map(tensor, (x, t, p, y, grad, np.ones_like(x)))
    out, aten, functional = torch.empty_like(tx), torch.ops.aten, torch.nn.functional
    return {
        "sigmoid": ((x,), lambda: torch.sigmoid(tx, out=out)),
        "sigmoid_derivative": ((x,), lambda: with_derivative()[1]),
        "sigmoid_with_derivative": ((x,), with_derivative),
        "sigmoid_second_derivative": ((x,), second_derivative),
        "sigmoid_backward": ((grad, y), lambda: aten.sigmoid_backward.grad_input(tgrad, ty, grad_input=out)),
        "log_sigmoid": ((x,), lambda: functional.logsigmoid(tx)),
        "softplus": ((x,), lambda: aten.softplus.out(tx, out=out)),
        "logit": ((p,), lambda: torch.logit(tp, out=out)),
        "silu": ((x,), lambda: aten.silu.out(tx, out=out)),
        "silu_derivative": ((x,), lambda: aten.silu_backward.grad_input(ones, tx, grad_input=out)),
        "logistic_loss": ((x, t), lambda: functional.binary_cross_entropy_with_logits(tx, tt, reduction="none")),
        "logistic_loss_gradient_hessian": ((x, t), gradient_hessian),
        "logistic_loss_with_gradient": ((x, t), with_gradient),
    }


def seconds(call):
    """Return the seconds that a call takes."""
    start = perf_counter()
    call()
    return perf_counter() - start


def measure(name, inputs, theirs, rounds):
    """Return a row of the table."""
    ufunc = getattr(fastsig, name)
    out = tuple(np.ones_like(inputs[0]) for _ in range(ufunc.nout))

    def ours():
        ufunc(*inputs, out=out)

    own, other = np.min([(seconds(ours), seconds(theirs)) for _ in range(rounds)], axis=0)
    each = 1e9 / inputs[0].size
    return {
        "function": f"`{name}`",
        "fastsig, ns per element": f"{own * each:.2f}",
        "PyTorch": f"{other * each:.2f}",
        TIMES: f"{other / own:.2f}",
    }


def main(argv=None):
    """Run the command, and return its exit status."""
    options = machine.timing_parser(__doc__).parse_args(argv)
    races = contenders(options.elements, np.random.default_rng(0))
    with np.errstate(divide="ignore"):  # some p are 1
        rows = [measure(name, *race, options.rounds) for name, race in races.items()]
    print(machine.markdown(rows))
    if options.log:
        about = {**machine.facts(("torch", "ml_dtypes")), "ISA": fastsig.isa(), "elements": options.elements}
        machine.write_log(options.log, "bfloat16 beside PyTorch's", {**about, "rounds": options.rounds}, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
