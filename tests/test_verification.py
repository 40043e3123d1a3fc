"""A share of the check of float64 and of all pairs of float16, and proof that its tools would see a wrong result.

`python bench/verify_float64.py` and `python bench/verify_float16_pairs.py` check more of it, or all. FASTSIG_PROOF_SEED
repeats a share.
"""

import importlib
import os
import secrets
import sys
from pathlib import Path

import gmpy2
import numpy as np
import pytest
from reference import to_mpfr

from fastsig._reference import REFERENCE

BENCH = Path(__file__).parents[1] / "bench"
if not BENCH.is_dir():
    pytest.skip("only a checkout holds the proof's tools", allow_module_level=True)
sys.path.insert(0, str(BENCH))
chunks = importlib.import_module("chunks")
nearest = importlib.import_module("nearest")
pairs = importlib.import_module("verify_float16_pairs")
verify_float64 = importlib.import_module("verify_float64")
wide = importlib.import_module("wide")

SEED = int(os.environ.get("FASTSIG_PROOF_SEED") or secrets.randbits(32))
POINTS = 1 << 16
ISA = next(iter(wide.kernels()))
OUTPUTS = wide.outputs(inputs=(1, 2))
FORMULAS = {name: REFERENCE[name][0] for name in nearest.FORMULAS if name in REFERENCE}
FORMULAS["logistic_loss_gradient"] = REFERENCE["logistic_loss_gradient_hessian"][0]
needs_long_double = pytest.mark.skipif(bool(wide.unusable()), reason=str(wide.unusable()))


def told(result, outputs):
    """Return what is wrong of a result, a line for each mismatch kept."""
    state = chunks.State("", "")
    task = chunks.Task("", tuple(outputs), 0)
    state.add(task, result, 0.0)
    return "\n".join([f"FASTSIG_PROOF_SEED={SEED}", *chunks.complaints([task], state)[:6]])


# ---------------------------------------------------------------------------------------------------------------
# The references
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", nearest.OF_NUMPY)
@pytest.mark.parametrize("name", nearest.FORMULAS)
def test_nearest_agrees_with_the_definition(name, dtype):
    rng = np.random.default_rng(SEED)
    with np.errstate(all="ignore"):
        inputs = [x.astype(dtype).astype(np.float64) for x in verify_float64.draw(name, 400, rng)]
    real = np.all(np.isfinite(inputs), axis=0) & np.all(np.abs(inputs) < 1e5, axis=0)
    if name == "logit" or len(inputs) == 2:
        real &= (inputs[-1] > 0) & (inputs[-1] < 1)
    sets = [tuple(row) for row in np.transpose(inputs)[real].tolist()]
    assert len(sets) > 150
    for numbers, y in zip(sets, nearest.nearest(name, dtype, sets), strict=True):
        with gmpy2.context(precision=5000):
            v = FORMULAS[name](gmpy2, *map(gmpy2.mpfr, numbers))
            gap = gmpy2.exp2(nearest.FORMATS[dtype].ulp_exponent(v))
            if np.isfinite(y):
                assert abs(v - float(y)) <= gap / 2, (numbers, y)
            else:
                assert abs(v) > float(np.finfo(dtype).max), (numbers, y)


@pytest.mark.parametrize("dtype", nearest.OF_NUMPY)
def test_nearest_breaks_ties_to_even_and_keeps_the_sign_of_zero(dtype):
    info = np.finfo(dtype)
    least = float(info.smallest_subnormal)
    grads = [4.0 * k * least / 2 for k in range(1, 12)]  # times 1/4: halves of the least
    y = nearest.nearest("sigmoid_backward", dtype, [(s * g, 0.5) for s in (1, -1) for g in grads])
    even = [2 * round(k / 4) if k % 2 else k // 2 for k in range(1, 12)]
    np.testing.assert_array_equal(y, np.array([s * k * least for s in (1, -1) for k in even], dtype))
    assert np.signbit(y[11:]).all()
    (zero,) = nearest.nearest("sigmoid_backward", dtype, [(-1.0, 0.0)])
    assert zero == 0
    assert np.signbit(zero)
    assert nearest.from_midpoint("sigmoid_backward", dtype, (grads[0], 0.5)) == -np.inf
    half = 0.25 - 2.0 ** -(info.nmant + 3)  # 1/2 - half is a midpoint, the value at x = 0; the others are next to it
    x = [0.0, least, -least]
    y = nearest.nearest("logistic_loss_gradient", dtype, [(a, half) for a in x])
    np.testing.assert_array_equal(y, np.array([0.25, 0.25 + 2.0 ** -(info.nmant + 2), 0.25], dtype))


def test_a_distance_from_a_midpoint_is_what_the_series_says():
    assert nearest.from_midpoint("sigmoid", "float64", (2.0**-52,)) == pytest.approx(53 - 156 - np.log2(48), abs=1e-3)
    # silu at the k-th subnormal number is k/2 of them, plus a quarter of the square
    assert nearest.from_midpoint("silu", "float64", (3 * 2.0**-1074,)) == pytest.approx(np.log2(9 / 4) - 1074)


@needs_long_double
@pytest.mark.parametrize("name", wide.ERRORS)
def test_long_double_keeps_within_half_of_the_error_stated(name):
    inputs = verify_float64.draw(name, 4000, np.random.default_rng(SEED))
    real = np.all(np.isfinite(inputs), axis=0) & np.all(np.abs(inputs) < 1000, axis=0)
    if name == "logit" or name in wide.PAIRS:
        real &= (inputs[-1] > 0) & (inputs[-1] < 1)
    inputs = tuple(x[real] for x in inputs)
    values, doubts = wide.wide(name, *inputs, bound=wide.ERRORS[name] * wide.EPS)
    with gmpy2.context(precision=2500):
        for *numbers, value, doubt in zip(*inputs, values, doubts, strict=True):
            if doubt == 0:  # no error is stated, as of a value moved off a midpoint
                continue
            exact, _ = nearest.FORMULAS[name](*map(gmpy2.mpfr, map(float, numbers)))
            assert abs(to_mpfr(value) - exact) <= to_mpfr(abs(doubt)) / 2, (numbers, f"FASTSIG_PROOF_SEED={SEED}")


@pytest.mark.parametrize("name", ["sigmoid_backward", "logistic_loss", "logistic_loss_gradient", "sigmoid_derivative"])
def test_the_sums_of_float16_agree_with_mpfr(name):
    rng = np.random.default_rng(SEED)
    first = pairs.ALL[rng.integers(0, 1 << 16, 150)]
    one = name == "sigmoid_derivative"
    for x in first[np.isfinite(first)]:
        at = rng.choice(pairs.TARGETS, 30)
        right, _ = pairs.right_results(name, x)
        expected = nearest.nearest(
            name, "float16", [(float(x),) if one else (float(x), float(pairs.ALL[k])) for k in at]
        )
        np.testing.assert_array_equal(right[at].view(np.uint16), expected.view(np.uint16), f"{x} {pairs.ALL[at]}")


def test_sums_of_float16_next_to_a_midpoint_lie_on_the_side_of_the_rest():
    a = np.array([1 + 2.0**-11, 1 + 2.0**-11, 1 + 3 * 2.0**-11])
    for r, expected in ((pairs.TINY, [1 + 2.0**-10, 1 + 2.0**-10, 1 + 2.0**-9]), (-pairs.TINY, [1, 1, 1 + 2.0**-10])):
        found, doubtful = pairs.rounded_sums(a, r)
        assert found.tolist() == expected
        assert doubtful.size == 0
    found, doubtful = pairs.rounded_sums(a, 0.0)  # exact: ties to even
    assert found.tolist() == [1, 1, 1 + 2.0**-9]
    assert doubtful.size == 0
    assert pairs.rounded_sums(a - 2.0**-30, 2.0**-30)[1].size == 3  # left to MPFR, unless r is exact


def test_float16_is_rounded_as_numpy_does():
    halves = np.unique(pairs.ALL[np.isfinite(pairs.ALL)].astype(np.float64))
    midpoints = (halves[1:] + halves[:-1]) / 2
    random = np.ldexp(np.random.default_rng(SEED).uniform(-1, 1, 100_000), np.arange(100_000) % 50 - 30)
    ends = [65519.9, 65520.0, 1e300, np.inf, np.nan, 5e-324, 0.0]
    v = np.concatenate([halves, midpoints, *(np.nextafter(midpoints, s) for s in (-9e9, 9e9)), random, ends])
    v = np.concatenate([v, -v])
    with np.errstate(all="ignore"):
        assert chunks.compare((v,), pairs.to_float16(v), v.astype(np.float16)).count == 0


# ---------------------------------------------------------------------------------------------------------------
# float64
# ---------------------------------------------------------------------------------------------------------------


@needs_long_double
@pytest.mark.parametrize("name", OUTPUTS)
def test_a_random_share_of_float64_is_nearest(name):
    inputs = verify_float64.draw(name, POINTS, np.random.default_rng(SEED))
    result = verify_float64.check(name, OUTPUTS[name], inputs)
    assert not any(m.count for m in result.mismatches), told(result, OUTPUTS[name])


@needs_long_double
@pytest.mark.parametrize("name", wide.PAIRS)
def test_a_random_share_of_float32_pairs_is_nearest(name):
    inputs = verify_float64.draw(name, POINTS, np.random.default_rng(SEED), "float32")
    assert {x.dtype for x in inputs} == {np.dtype("float32")}
    result = verify_float64.check(name, OUTPUTS[name], inputs)
    assert not any(m.count for m in result.mismatches), told(result, OUTPUTS[name])


@needs_long_double
@pytest.mark.parametrize("name", OUTPUTS)
def test_one_wrong_float64_is_caught(name):
    """The nearest is right, and nothing else: neither its neighbours, nor a zero of the other sign, nor NaN."""
    inputs = verify_float64.draw(name, 5000, np.random.default_rng(SEED))
    right, _ = verify_float64.nearest_numbers(name, *inputs)
    at = int(np.flatnonzero(np.isfinite(right))[7])

    def flawed(value):
        def call(*block):
            y, _ = verify_float64.nearest_numbers(name, *block)
            hit = np.all(
                [a.view(np.int64) == x[at : at + 1].view(np.int64) for a, x in zip(block, inputs, strict=True)], 0
            )
            y[hit] = value
            return y

        return call

    y = right[at]
    wrong = [np.nextafter(y, np.inf), np.nextafter(y, -np.inf), np.nan, -y]
    result = verify_float64.check(name, [flawed(y), *map(flawed, wrong)], inputs)
    none, *some = result.mismatches
    assert none.count == 0
    assert all(m.count >= 1 for m in some)
    assert all(m.first[0][-1] == float(y).hex() for m in some)


@needs_long_double
def test_a_sigmoid_as_it_is_often_written_is_caught():
    def naive(x):
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-x))

    inputs = verify_float64.draw("sigmoid", 20_000, np.random.default_rng(SEED))
    (found,) = verify_float64.check("sigmoid", [naive], inputs).mismatches
    assert found.count > 1000


def test_inputs_of_float64_are_of_all_kinds():
    rng = np.random.default_rng(SEED)
    (x,) = verify_float64.draw("sigmoid", 1_000_000, rng)
    assert x.size == 1_000_000
    for low, high, least in (
        (-40, 40, 500_000),
        (-746, -708, 3000),
        (5, 40, 20_000),
        (1e-20, 1e-6, 5000),
        (100, np.inf, 5000),
    ):
        assert np.sum((x > low) & (x < high)) > least, (low, high)
    assert np.isnan(x).any()  # few: a NaN needs all bits of the exponent
    x, t = verify_float64.draw("logistic_loss_gradient", 100_000, rng)
    assert np.sum((t == 0) | (t == 1)) > 5000
    with np.errstate(all="ignore"):
        assert np.sum(np.abs(t - 1 / (1 + np.exp(-x))) < 1e-14 * t) > 2000
    assert np.sum((t < 0) | (t > 1) | np.isnan(t)) > 500
    grad, y = verify_float64.draw("sigmoid_backward", 100_000, rng)
    with np.errstate(all="ignore"):
        assert np.sum(np.abs(grad * y * (1 - y)) < 2.0**-1022) > 5000


# ---------------------------------------------------------------------------------------------------------------
# float16
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", wide.functions((2,)))
def test_a_random_share_of_float16_pairs_is_nearest(function):
    (task,) = pairs.tasks(function, None, 1 / pairs.CHUNKS, SEED)
    result = pairs.check_chunk(task)
    assert result.inputs == 1 << 22
    assert not any(m.count for m in result.mismatches), told(result, task.outputs)


@pytest.mark.parametrize("function", wide.functions((2,)))
def test_one_wrong_float16_is_caught(function, monkeypatch):
    x = np.array([1.5, -3.0], np.float16)
    flawed = [[pairs.right_results(f.__name__, one)[0] for one in x] for f in REFERENCE[function]]
    flawed[0][1].view(np.uint16)[77] ^= 1
    monkeypatch.setattr(pairs, "results", lambda *_: flawed)
    (task,) = pairs.tasks(function, ISA, 1 / pairs.CHUNKS, SEED)
    first, *others = pairs.check(function, task.outputs, x).mismatches
    assert (first.count, first.first[0][0]) == (1, float(x[1]).hex())
    assert not any(m.count for m in others)


def test_every_pair_is_checked_once():
    todo = pairs.tasks(None, None, 1.0, SEED)
    assert {task.name for task in todo} == set(wide.functions((2,)))
    for function in wide.functions((2,)):
        first = np.concatenate([pairs.ALL[task.chunk :: pairs.CHUNKS] for task in todo if task.name == function])
        assert np.array_equal(np.sort(first.view(np.uint16)), np.arange(1 << 16))
        outputs = {output for task in todo if task.name == function for output in task.outputs}
        assert len(outputs) == len(wide.kernels()) * len(REFERENCE[function])


# ---------------------------------------------------------------------------------------------------------------
# Both commands
# ---------------------------------------------------------------------------------------------------------------

COMMANDS = {
    "float64": (verify_float64, ["--function", "silu", "--points", "2e6", "--seed", "1"]),
    "float16 pairs": (pairs, ["--function", "logistic_loss", "--share", "0.01", "--seed", "1"]),
}


def command(program, arguments, tmp_path, *more):
    """Run a command on one function and one ISA, its state in a directory of the test's."""
    return program.main([*arguments, "--isa", ISA, "--workers", "1", "--state", str(tmp_path / "state.json"), *more])


@needs_long_double
@pytest.mark.parametrize("what", COMMANDS)
def test_a_mismatch_fails_the_command_and_a_stopped_one_goes_on(what, tmp_path, monkeypatch, capsys):
    program, arguments = COMMANDS[what]
    calls = []

    def check_chunk(task):
        if len(calls) == 5:
            calls.append(None)
            raise KeyboardInterrupt
        calls.append(task.chunk)
        wrong = (
            chunks.Mismatches(3, (("0x1.0p+0", "0x1.8p+0", "0x1.4p+0"),)) if len(calls) == 1 else chunks.Mismatches()
        )
        return chunks.Result([wrong], 1000, 1)

    monkeypatch.setattr(program, "check_chunk", check_chunk)
    assert command(program, arguments, tmp_path) == 130
    assert command(program, arguments, tmp_path, "--log", str(tmp_path / "log.md")) == 1
    assert "(0x1.0p+0) gives 0x1.8p+0, and the nearest number is 0x1.4p+0" in capsys.readouterr().out
    calls.remove(None)
    assert len(set(map(str, calls))) == len(calls)
    checked = f"{1000 * len(calls):,}"
    cells = (tmp_path / "log.md").read_text().splitlines()[-1].split()
    assert cells[3:-1:2][:4] == [ISA, checked, "3", str(len(calls))]
    before = len(calls)
    assert command(program, arguments, tmp_path) == 1  # nothing is left to do, and the mismatch is kept
    assert len(calls) == before
    monkeypatch.setattr(program, "fingerprint", lambda *_: "another")
    assert command(program, arguments, tmp_path) == 0
    assert len(calls) == 2 * before


@needs_long_double
def test_several_processes_check_what_one_does(tmp_path):
    todo = verify_float64.tasks("logit", ISA, 2 * verify_float64.CHUNK, 1)
    found = []
    for workers in (1, 2):
        state = chunks.State(tmp_path / f"{workers}.json", "")
        chunks.complete(verify_float64.check_chunk, todo, state, workers)
        (entry,) = chunks.State(tmp_path / f"{workers}.json", "").entries.values()
        found.append((sorted(entry["chunks"]), entry["inputs"], entry["by MPFR"], entry["mismatches"]))
    assert found[0] == found[1]
    assert found[0][1] == 2 * verify_float64.CHUNK
