"""bfloat16 of ml_dtypes: all inputs of functions of one, and many pairs, checked by MPFR for each instruction set."""

from functools import cache

import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, UFUNCS, outputs
from libraries import library
from processes import run_python
from reference import nearest

import fastsig
from fastsig import _threaded, fast
from fastsig._reference import REFERENCE

ml_dtypes = library("ml_dtypes")
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

ONE = [name for name in FUNCTIONS if getattr(fastsig, name).nin == 1]
TWO = [name for name in FUNCTIONS if name not in ONE]
ALL = np.arange(1 << 16, dtype=np.uint16).view(BFLOAT16)


def same(y, right):
    """Tell where two arrays hold the same bfloat16 to the bit; any NaN equals any."""
    return (y.view(np.uint16) == right.view(np.uint16)) | (np.isnan(y) & np.isnan(right))


@cache
def right_values(name, which, sample):
    """Return the inputs of a sample, and the bfloat16 nearest to an output's values at them."""
    inputs = SAMPLES[sample]()
    formula = REFERENCE[name][which]
    of_first = hasattr(formula, "__wrapped__")
    taken = inputs[:1] if of_first else inputs
    sets = list(zip(*(x.astype(np.float64).tolist() for x in taken), strict=True))
    return inputs, nearest().nearest(formula.__name__, "bfloat16", sets)


def every_finite():
    """Return every finite bfloat16."""
    return (ALL[ALL.view(np.uint16) & 0x7F80 != 0x7F80],)


def every_probability():
    """Return every bfloat16 between 0 and 1."""
    x = ALL.astype(np.float32)
    return (ALL[(x > 0) & (x < 1)],)


def targets():
    """Return scores of all sizes beside targets: of all sizes, saturated, and ties of 1 - t and 1/2 - t."""
    rng = np.random.default_rng(7)
    (x,), (t,) = every_finite(), every_probability()
    n = 25_000
    scores = np.concatenate([rng.choice(x, n), rng.normal(0, 8, 2 * n), rng.choice(x, n)]).astype(BFLOAT16)
    ties = rng.integers(0, 512, 2 * n) / rng.choice([512, 1024], 2 * n)
    return scores, np.concatenate([rng.choice(t, n), rng.random(n), ties]).astype(BFLOAT16)


def factors():
    """Return gradients of all sizes beside sigmoids, numbers of all sizes, and numbers of few digits."""
    rng = np.random.default_rng(8)
    (x,), (t,) = every_finite(), every_probability()
    n = 25_000
    grad = np.concatenate([rng.choice(x, 2 * n), rng.normal(0, 1, 2 * n)]).astype(BFLOAT16)
    y = np.concatenate([rng.choice(x, n), rng.choice(t, n), rng.random(n), rng.integers(0, 256, n) / 256])
    return grad, y.astype(BFLOAT16)


SAMPLES = {f.__name__: f for f in (every_finite, every_probability, targets, factors)}


def sample_of(name):
    """Return which sample a function takes."""
    special = {"logit": "every_probability", "sigmoid_backward": "factors"}
    return special.get(name, "every_finite" if name in ONE else "targets")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_result_is_the_nearest_bfloat16(name):
    for which in range(len(REFERENCE[name])):
        inputs, right = right_values(name, which, sample_of(name))
        for isa in ISAS:
            with np.errstate(all="raise"):
                y = outputs(UFUNCS[isa][name](*inputs))[which]
            assert y.dtype == BFLOAT16
            wrong = ~same(y, right)
            assert not wrong.any(), (isa, [x[wrong][:5] for x in inputs], y[wrong][:5], right[wrong][:5])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_result_is_the_same_beside_inputs_of_all_kinds(ufuncs, name):
    (x,) = every_finite()
    shuffled = np.random.default_rng(11).permutation(x)
    ufunc, inputs = ufuncs[name], (shuffled, shuffled[::-1])[: ufuncs[name].nin]
    with np.errstate(all="ignore"):  # many of these are no probabilities
        mixed = outputs(ufunc(*inputs))
        alone = zip(*(outputs(ufunc(*(x[i : i + 1] for x in inputs))) for i in range(x.size)), strict=True)
    assert all(same(y, np.concatenate(each)).all() for y, each in zip(mixed, alone, strict=True))


def near(least, most):
    """Return every bfloat16 between two positive ones."""
    x = ALL.astype(np.float32)
    return ALL[(least <= x) & (x <= most)]


def test_every_pair_of_a_near_score_and_a_target_gives_the_nearest_gradient():
    # The kernels' test for doubt rests on errors that were measured, not bounded; so all of these pairs are computed.
    name, (x, t) = "logistic_loss_gradient_hessian", (near(2.0**-60, 42), near(2.0**-17, 1))
    x, t = np.concatenate([x, -x, ALL[:1]]), np.concatenate([t, ALL[:1]])  # and 0
    upper = ~np.uint64((1 << 45) - 1)  # the bits of a float64 that bfloat16 has
    target = t.astype(float)
    for scores in np.array_split(x, x.size // 128):
        v = scores.astype(float)[:, None]
        s = fastsig.sigmoid(-np.abs(v))
        # sigmoid(v) - t = a + b, a exact; a + b = y + error
        a = np.select([np.abs(v) < 1, v < 0], [0.5 - target, -target], 1 - target)
        b = np.select([np.abs(v) < 1, v < 0], [np.tanh(v / 2) / 2, s], -s) + 0 * target
        y = a + b
        error = (a - (y - (y - a))) + (b - (y - a))
        down = (y.view(np.uint64) & upper).view(float)
        up = ((y.view(np.uint64) & upper) + ~upper + np.uint64(1)).view(float)
        beyond = (y - (down + up) / 2 + error) * np.sign(y)  # the middle of the two bfloat16
        right = np.where(beyond > 0, up, down).astype(BFLOAT16)
        doubt = np.nonzero(np.abs(beyond) <= 2.0**-49 * np.abs(b))
        pairs = list(zip(v[doubt[0], 0].tolist(), target[doubt[1]].tolist(), strict=True))
        right[doubt] = nearest().nearest("logistic_loss_gradient", "bfloat16", pairs)
        for isa in ISAS:
            assert same(UFUNCS[isa][name](scores[:, None], t)[0], right).all(), isa


def test_every_gradient_times_every_sigmoid_is_rounded_right():
    # Of the gradient only the digits matter. y and 1 - y are multiples of 2^-47, and the product has 63 digits.
    grad, y = near(1, 1.9921875), near(2.0**-40, 1)
    m, n = (grad.astype(float) * 128).astype(np.uint64)[:, None], (y.astype(float) * 2.0**47).astype(np.uint64)
    digits = (y.astype(float) / 2.0 ** (np.frexp(y.astype(float))[1] - 8)).astype(np.uint64)
    product = m * digits * (np.uint64(1 << 47) - n)  # in units of 2^-7, of the last digit of y, and of 2^-47
    left = np.maximum(np.frexp(product.astype(np.longdouble))[1] - 8, 0).astype(np.uint64)
    kept, rest, half = product >> left, product & ((np.uint64(1) << left) - np.uint64(1)), np.uint64(1) << left >> 1
    kept += (rest > half) | ((rest == half) & (kept & np.uint64(1) == 1) & (left > 0))
    scale = left.astype(int) - 7 - 47 + np.frexp(y.astype(float))[1] - 8
    right = np.ldexp(kept.astype(float), scale).astype(BFLOAT16)
    for isa in ISAS:
        for scores in (grad, -grad, grad * BFLOAT16.type(2.0**-40)):
            z = UFUNCS[isa]["sigmoid_backward"](scores[:, None], y)
            factor = scores[0].astype(float)
            assert same(z, (right.astype(float) * factor).astype(BFLOAT16)).all(), isa


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_fast_tier_returns_the_same(name):
    inputs, _ = right_values(name, 0, sample_of(name))
    results = zip(*(outputs(getattr(tier, name)(*inputs)) for tier in (fastsig, fast)), strict=True)
    assert all(same(*pair).all() for pair in results)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values_and_flags_are_those_of_float32(ufuncs, name):
    special = np.array([0.0, -0.0, 1.0, -1.0, 2.0, np.inf, -np.inf, np.nan], np.float32)
    for inputs in zip(*map(np.ravel, np.meshgrid(*[special] * ufuncs[name].nin)), strict=True):
        seen = []
        for dtype in (BFLOAT16, np.dtype(np.float32)):
            raised = []
            with np.errstate(all="call", call=lambda _, flag, raised=raised: raised.append(flag)):
                results = outputs(ufuncs[name](*(np.array([x]).astype(dtype) for x in inputs)))
            seen.append((raised, [y.astype(BFLOAT16) for y in results]))
        assert seen[0][0] == seen[1][0], inputs
        assert all(map(np.all, map(same, seen[0][1], seen[1][1]))), inputs


def test_strided_misaligned_and_in_place(ufuncs):
    x = np.random.default_rng(9).normal(0, 4, 5000).astype(BFLOAT16)
    right = ufuncs["sigmoid"](x)
    assert same(ufuncs["sigmoid"](x[::-3]), right[::-3]).all()
    raw = np.empty(2 * x.size + 1, np.uint8)[1:].view(BFLOAT16)
    raw[:] = x
    assert same(ufuncs["sigmoid"](raw, out=raw), right).all()
    assert same(raw, right).all()


def test_the_type_of_mixed_inputs():
    b, loss = np.linspace(0, 1, 8).astype(BFLOAT16), fastsig.logistic_loss
    for other in (1, 1.0, True, np.ones(8, np.int8), np.ones(8, np.int64), np.ones(8, bool), b):
        assert loss(b, other).dtype == loss(other, b).dtype == BFLOAT16
    for other in (np.float32, np.float64, np.longdouble):
        assert loss(b, np.ones(8, other)).dtype == loss(np.ones(8, other), b).dtype == other
    with pytest.raises(TypeError, match="bfloat16"):
        loss(b, np.ones(8, np.float16))  # neither holds the other
    assert fastsig.sigmoid(np.arange(3), dtype=BFLOAT16).dtype == BFLOAT16
    assert fastsig.sigmoid(b, out=np.empty(8, np.float32)).dtype == np.float32
    assert fastsig.fast.sigmoid(b).dtype == BFLOAT16
    assert type(fastsig.sigmoid(b[0])) is ml_dtypes.bfloat16


def test_threads(monkeypatch):
    cut = []
    monkeypatch.setattr(_threaded, "_compute", lambda *args, compute=_threaded._compute: cut.append(compute(*args)))
    x = np.random.default_rng(10).normal(0, 4, _threaded.LEAST).astype(BFLOAT16)
    assert same(fastsig.threaded(fastsig.sigmoid, x, workers=2), fastsig.sigmoid(x)).all()
    assert cut


FIRST = {
    "sigmoid(x)": "bfloat16",
    "sigmoid(x[0])": "bfloat16",
    "sigmoid(1.0, dtype=x.dtype)": "bfloat16",
    "sigmoid(x, dtype='f4')": "float32",
    "sigmoid(x, out=np.empty(3, 'f4'))": "float32",
    "fastsig.fast.sigmoid(x)": "bfloat16",
    "fastsig.threaded(sigmoid, x)": "bfloat16",
    "logistic_loss(x, 1)": "bfloat16",
    "logistic_loss(True, x)": "bfloat16",
    "logistic_loss(x, np.ones(3, 'f4'))": "float32",
    "logistic_loss(1, 1, dtype=x.dtype)": "bfloat16",
    "logistic_loss.outer(x, x)": "bfloat16",
    "logistic_loss.reduce(x)": "bfloat16",
    "logistic_loss_gradient_hessian(x, x)[0]": "bfloat16",
}


@pytest.mark.parametrize("call", FIRST)
def test_the_first_call_of_a_process_knows_the_type_wherever_ml_dtypes_was_imported(call):
    done = run_python(
        "-c",
        f"""import fastsig, numpy as np
from fastsig import logistic_loss, logistic_loss_gradient_hessian, sigmoid
fastsig.logistic_loss(sigmoid([1, 2]), 1)
import ml_dtypes
x = np.ones(3, ml_dtypes.bfloat16)
print(({call}).dtype, sigmoid(x).dtype, fastsig.fast.silu(x).dtype, logistic_loss(x, x).dtype)""",
    )
    assert done.stdout.decode().split() == [FIRST[call], *["bfloat16"] * 3], done.stderr


def test_the_first_calls_of_threads_know_the_type():
    done = run_python(
        "-c",
        """import threading, fastsig, ml_dtypes, numpy as np
x, names, seen = np.ones(3, ml_dtypes.bfloat16), [n for n in fastsig.__all__ if n.startswith(("s", "l"))], []
ready = threading.Barrier(2 * len(names))
def call(f):
    ready.wait()
    results = f(*[x] * f.nin)
    seen.extend(y.dtype for y in (results if f.nout > 1 else (results,)))
threads = [threading.Thread(target=call, args=(getattr(fastsig, name),)) for name in 2 * names]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(seen) >= len(threads) and set(seen) == {x.dtype}, seen""",
    )
    assert done.returncode == 0, done.stderr


def test_the_first_call_runs_no_code_of_python():
    # NumPy may hold a lock of the ufunc then, on which whatever calls the ufunc would wait for ever.
    done = run_python(
        "-c",
        """import sys, fastsig, ml_dtypes, numpy as np
x, seen = np.ones(3, ml_dtypes.bfloat16), []
sys.settrace(lambda frame, *_: seen.append(frame.f_code.co_qualname))
fastsig.sigmoid(x)
fastsig.logistic_loss(x, True)
sys.settrace(None)
assert not seen, seen""",
    )
    assert done.returncode == 0, done.stderr


def test_what_bfloat16_is_refused_beside():
    for other in (np.ones(3, np.float16), np.ones(3, ml_dtypes.float8_e4m3fn), np.array(["a"]), np.array([None])):
        for inputs in ((ALL[:3], other), (other, ALL[:3])):
            with pytest.raises(TypeError, match=r"logistic_loss"):
                fastsig.logistic_loss(*inputs)


def test_fastsig_alone_imports_no_ml_dtypes():
    done = run_python("-c", "import sys, fastsig; assert 'ml_dtypes' not in sys.modules")
    assert done.returncode == 0, done.stderr
