"""The fast phases of float64: their errors are below the margins, and the kernels compute what the bounds are for."""

import functools
import importlib
import math
import os
import secrets
import sys
from fractions import Fraction
from pathlib import Path

import gmpy2
import numpy as np
import pytest
from catalog import ISAS, UFUNCS

from fastsig import _dispatch
from fastsig._reference import REFERENCE

PROOF = Path(__file__).parents[1] / "bench" / "proof"
if not PROOF.is_dir():
    pytest.skip("only a checkout holds the proof", allow_module_level=True)
sys.path.insert(0, str(PROOF))
bounds, constants, kernels, polynomials = map(
    importlib.import_module, ("bounds", "constants", "kernels", "polynomials")
)

FMA = {isa.name: bool(_dispatch.load(isa).FMA) for isa in _dispatch.available()}
SEED = int(os.environ.get("FASTSIG_PROOF_SEED") or secrets.randbits(32))
INPUTS = 500  # of each kind
ROUNDED_UP = 0.03  # for the last digit that a comment states, and for the width of the pieces


@functools.cache
def error(name, fused):
    """Return the bound of a fast phase's error."""
    return bounds.bound(name, fused)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", bounds.FUNCTIONS)
def test_error_of_each_fast_phase_is_below_its_margin(name, fused):
    called_for = bounds.least_margin(name, error(name, fused))
    assert called_for < bounds.margin(name, constants.constants(fused))


@pytest.mark.parametrize("name", bounds.FUNCTIONS)
def test_a_fourth_of_a_margin_is_too_small(name):
    called_for = bounds.least_margin(name, error(name, True))
    assert called_for > bounds.margin(name, constants.constants(True)) / 4


@pytest.mark.parametrize(
    ("name", "constant"),
    [("sigmoid", "COTH_Q1"), ("silu_derivative", "COTH_Q2"), ("softplus", "ATANH_A7"), ("logit", "ATANH_A9")],
)
def test_a_coefficient_off_by_a_millionth_makes_an_error_too_large(name, constant):
    changed = constants.constants(True)
    changed[constant] *= 1 + 1e-6
    called_for = bounds.least_margin(name, bounds.bound(name, True, 16, changed))
    assert called_for > bounds.margin(name, changed)


def test_a_tail_left_out_makes_an_error_too_large():
    changed = constants.constants(True)
    changed["ATANH_A3_TAIL"] = 0.0
    called_for = bounds.least_margin("softplus", bounds.bound("softplus", True, 16, changed))
    assert called_for > bounds.margin("softplus", changed)


@pytest.mark.parametrize("name", polynomials.POLYNOMIALS)
def test_certified_error_of_each_polynomial_is_as_stated(name):
    error_of, stated = polynomials.POLYNOMIALS[name]
    found = polynomials.log2(error_of(constants.constants(True)))
    assert stated - ROUNDED_UP < found < stated + ROUNDED_UP
    page = constants.sources()
    assert f"2^{stated}" in page[: page.index(f"const double {name}")].rsplit("const", 1)[-1]


def inputs(name, rng):
    """Return inputs of a function for which its models are written: no subnormal results of logarithms, and no ends."""
    n = INPUTS
    if name == "logit":
        near_half = 0.5 + rng.uniform(-1, 1, n) * 2.0 ** rng.uniform(-50, -1, n)
        return (np.concatenate([rng.uniform(0, 1, n), 2.0 ** rng.uniform(-120, 0, n), near_half]),)
    parts = [rng.normal(0, 4, n), rng.uniform(-1.6, 1.6, n), rng.uniform(-1, 1, n) * 2.0 ** rng.uniform(-50, 0, n)]
    if name.startswith("logistic_loss"):
        x = np.concatenate([*parts, rng.uniform(-170, 170, n)])
        return x, np.concatenate([rng.uniform(0, 1, 2 * n), 2.0 ** rng.uniform(-60, 0, 2 * n)])
    ends = 700 if name in ("softplus", "log_sigmoid") else 745
    return (np.concatenate([*parts, rng.uniform(-ends, ends, n)]),)


MODELS = [name for name in vars(kernels.Kernels) if name in (*UFUNCS[ISAS[0]], "logistic_loss_gradient")]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", MODELS)
def test_kernels_give_the_bits_of_the_models(name, isa):
    x = inputs(name, np.random.default_rng(SEED))
    public = f"{name}_hessian" if name == "logistic_loss_gradient" else name
    results = UFUNCS[isa][public](*x)
    results = results[0] if isinstance(results, tuple) else results
    model = getattr(kernels.Kernels(FMA[isa]), name)
    sure = 0
    for result, *given in zip(results.tolist(), *(a.tolist() for a in x), strict=True):
        y, other = model(*given)
        if y == other:
            sure += 1
            assert float(y).hex() == result.hex(), (name, isa, SEED, [v.hex() for v in given])
    assert sure > 0.9 * len(results)


@pytest.mark.parametrize("name", ["sigmoid", "sigmoid_derivative", "silu", "silu_derivative"])
def test_no_value_is_next_to_the_least_normal_number(name):
    # If one were, divide_in_unit might round its quotient too coarsely.
    (formula,) = REFERENCE[name]
    with gmpy2.context(precision=200):

        def ratio(x):
            return abs(formula(gmpy2, gmpy2.mpfr(x))) * gmpy2.mpfr(2) ** 1022

        low, high = -720.0, -700.0
        while (middle := (low + high) / 2) not in (low, high):
            low, high = (middle, high) if ratio(middle) < 1 else (low, middle)
        assert min(abs(ratio(x) - 1) for x in (low, high)) > gmpy2.mpfr(2) ** -48


@pytest.mark.parametrize("isa", ISAS)
def test_losses_next_to_the_least_normal_number_are_nearest(isa):
    # |x| t is half a step of the subnormals below that number or above it, and exp(-|x|) adds next to nothing.
    steps = np.random.default_rng(SEED).integers(2**41, 2**42, 3000)
    for half in (-1, 1):
        x = np.array([(2**53 + half) / (2 * int(n)) for n in steps])
        for near in (x, np.nextafter(x, 0), np.nextafter(x, np.inf)):
            losses = UFUNCS[isa]["logistic_loss"](-near, steps * 2.0**-1074)
            exact = [Fraction(float(a)) * int(n) for a, n in zip(near, steps, strict=True)]
            assert losses.view(np.int64).tolist() == [math.floor(v + Fraction(1, 2)) for v in exact], (isa, SEED)
