"""What fastsig is compared with: each library's own functions, or what people write with it where it has none.

Every contender computes with one thread. Libraries are imported where they are first used, so that `--help` works where
none of them is installed.
"""

import importlib.util
import math
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

import fastsig
import fastsig.fast

# ---------------------------------------------------------------------------------------------------------------
# Formulas that no library has a function for, written as people write them
# ---------------------------------------------------------------------------------------------------------------


def derivative(s):
    """Return the derivative as textbooks have it."""
    return s * (1 - s)


# Each takes a library, and the inputs.
WRITTEN = {
    "sigmoid_derivative": lambda lib, x: derivative(lib.sigmoid(x)),
    "sigmoid_with_derivative": lambda lib, x: (s := lib.sigmoid(x), derivative(s)),
    "sigmoid_second_derivative": lambda lib, x: derivative(s := lib.sigmoid(x)) * (1 - 2 * s),
    "silu_derivative": lambda lib, x: (s := lib.sigmoid(x)) * (1 + x * (1 - s)),
    "sigmoid_backward": lambda _, grad, y: grad * y * (1 - y),
    "logistic_loss": lambda lib, x, t: lib.softplus(x) - t * x,
    "logistic_loss_gradient_hessian": lambda lib, x, t: ((s := lib.sigmoid(x)) - t, derivative(s)),
    "logistic_loss_with_gradient": lambda lib, x, t: (lib.softplus(x) - t * x, lib.sigmoid(x) - t),
}


class Library(NamedTuple):
    """Functions of one array, to be called with `out=` where the library has that."""

    sigmoid: Callable
    log_sigmoid: Callable
    softplus: Callable
    logit: Callable
    silu: Callable
    own: Mapping[str, Callable] = MappingProxyType({})  # further functions that the library has

    def function(self, name):
        """Return a function of arrays."""
        if name in self._fields:
            return getattr(self, name)
        if name in self.own:
            return self.own[name]
        if name not in WRITTEN:
            raise LookupError(
                f"{name} needs a formula in WRITTEN, in {__file__}: what people write who have no such function"
            )
        return lambda *inputs: WRITTEN[name](self, *inputs)


def into(library, subtract, multiply, name, x, ones_like):
    """Return a call that computes one of the timed functions without making an array.

    Parameters
    ----------
    library : Library
    subtract, multiply : callable
        The library's, with `out=`.
    name : str
    x : array
        Of the library.
    ones_like : callable
        The library's.
    """
    first, second = ones_like(x), ones_like(x)
    if name in library._fields:
        return partial(getattr(library, name), x, out=first)
    one = ones_like(x[0])

    def both():
        library.sigmoid(x, out=first)
        subtract(one, first, out=second)
        multiply(first, second, out=second)
        return first, second

    return both if name == "sigmoid_with_derivative" else lambda: both()[1:]


# ---------------------------------------------------------------------------------------------------------------
# fastsig, NumPy, SciPy, PyTorch: functions with `out=`
# ---------------------------------------------------------------------------------------------------------------


def of_ufunc(ufunc, x):
    """Return a call of a ufunc with nothing around it: for one element, a function in between would count."""
    return partial(ufunc, x, out=tuple(np.ones_like(x) for _ in range(ufunc.nout)))


def with_fastsig(name, x):
    """Return a call of fastsig's ufunc."""
    return of_ufunc(getattr(fastsig, name), x)


def with_fast(name, x):
    """Return a call of the fast tier's ufunc."""
    if name not in fastsig.fast.__all__:
        raise NotImplementedError
    return of_ufunc(getattr(fastsig.fast, name), x)


def numpy_library():
    """Return what people write with NumPy."""

    def sigmoid(x, out=None):
        out = np.negative(x, out=out)
        np.exp(out, out=out)
        np.add(out, 1, out=out)
        return np.divide(1, out, out=out)

    def log_sigmoid(x, out=None):
        out = np.negative(x, out=out)
        np.logaddexp(0, out, out=out)
        return np.negative(out, out=out)

    def softplus(x, out=None):
        return np.logaddexp(0, x, out=out)

    def logit(p, out=None):
        out = np.subtract(1, p, out=out)
        np.divide(p, out, out=out)
        return np.log(out, out=out)

    def silu(x, out=None):
        out = np.negative(x, out=out)
        np.exp(out, out=out)
        np.add(out, 1, out=out)
        return np.divide(x, out, out=out)

    return Library(sigmoid, log_sigmoid, softplus, logit, silu)


def with_numpy(name, x):
    """Return a call of what people write with NumPy."""
    return into(numpy_library(), np.subtract, np.multiply, name, x, np.ones_like)


def scipy_library():
    """Return SciPy's functions; silu is the product that it has no function for."""
    from scipy import special

    def silu(x, out=None):
        return np.multiply(x, special.expit(x, out=out), out=out)

    softplus = getattr(special, "softplus", numpy_library().softplus)  # SciPy 1.15 has it
    return Library(special.expit, special.log_expit, softplus, special.logit, silu)


def with_scipy(name, x):
    """Return a call of SciPy."""
    return into(scipy_library(), np.subtract, np.multiply, name, x, np.ones_like)


def torch_library():
    """Return PyTorch's functions, those of `torch.nn.functional` as the ATen operators, which take `out=`."""
    import torch

    torch.set_num_threads(1)
    aten = torch.ops.aten

    def inplace(operator):
        return lambda x, out=None: operator(x) if out is None else operator.out(x, out=out)

    own = {
        "sigmoid_backward": aten.sigmoid_backward,
        "silu_derivative": lambda x: aten.silu_backward(torch.ones_like(x), x),
        "logistic_loss": lambda x, t: aten.binary_cross_entropy_with_logits(x, t, None, None, 0),
    }
    functions = (aten.log_sigmoid, aten.softplus, aten.logit, aten.silu)
    return Library(torch.sigmoid, *map(inplace, functions), own)


def with_torch(name, x):
    """Return a call of PyTorch."""
    import torch

    return into(torch_library(), torch.sub, torch.mul, name, torch.from_numpy(x), torch.ones_like)


# ---------------------------------------------------------------------------------------------------------------
# JAX, numexpr, Numba, ONNX Runtime: compilers
# ---------------------------------------------------------------------------------------------------------------


def jax_library():
    """Return JAX's functions. It has no `out=`."""
    import jax

    jax.config.update("jax_enable_x64", True)
    nn = jax.nn
    return Library(nn.sigmoid, nn.log_sigmoid, nn.softplus, jax.scipy.special.logit, nn.silu)


def with_jax(name, x):
    """Return a call of a compiled function, awaited."""
    library = jax_library()
    import jax

    function, x = jax.jit(library.function(name)), jax.numpy.asarray(x)
    return lambda: jax.block_until_ready(function(x))


def without_half(x):
    """Refuse float16 for a library that has none."""
    if x.dtype == np.float16:
        raise NotImplementedError


LOG1P = "log1p(exp(-abs(x)))"
SIGMOID = "1/(1 + exp(-x))"
EXPRESSIONS = {
    "sigmoid": (SIGMOID,),
    "sigmoid_derivative": (f"({SIGMOID})*(1 - {SIGMOID})",),
    "sigmoid_with_derivative": (SIGMOID, "s*(1 - s)"),
    "log_sigmoid": (f"where(x < 0, x, 0) - {LOG1P}",),
    "softplus": (f"where(x > 0, x, 0) + {LOG1P}",),
    "logit": ("log(x/(1 - x))",),
    "silu": ("x/(1 + exp(-x))",),
}


def with_numexpr(name, x):
    """Return an evaluation by numexpr; a second output is computed from the first, `s`."""
    without_half(x)
    import numexpr

    numexpr.set_num_threads(1)
    out = tuple(np.ones_like(x) for _ in EXPRESSIONS[name])
    variables = {"x": x, "s": out[0]}

    def run():
        for expression, array in zip(EXPRESSIONS[name], out, strict=True):
            numexpr.evaluate(expression, variables, out=array)
        return out

    return run


def numba_formulas(jit):
    """Return functions of a number x, and of the 1 and 0 of its type: Python's would make everything float64."""

    @jit
    def sigmoid(x, one, _):
        return one / (one + math.exp(-x))

    @jit
    def softplus(x, _, zero):
        return max(x, zero) + math.log1p(math.exp(-abs(x)))

    return {
        "sigmoid": sigmoid,
        "sigmoid_derivative": jit(lambda x, one, zero: sigmoid(x, one, zero) * (one - sigmoid(x, one, zero))),
        "log_sigmoid": jit(lambda x, one, zero: -softplus(-x, one, zero)),
        "softplus": softplus,
        "logit": jit(lambda x, one, _: math.log(x / (one - x))),
        "silu": jit(lambda x, one, _: x / (one + math.exp(-x))),
    }


@cache
def numba_loop(name):
    """Return a loop that Numba compiles for each type, without fastmath; NumPy's rules of division let it vectorise."""
    import numba

    jit = numba.njit(fastmath=False, error_model="numpy")
    formulas = numba_formulas(jit)
    if name == "sigmoid_with_derivative":
        formula = formulas["sigmoid"]

        @jit
        def loop(x, out, second, one, zero):
            for i in range(x.size):
                s = formula(x[i], one, zero)
                out[i] = s
                second[i] = s * (one - s)
    else:
        formula = formulas[name]

        @jit
        def loop(x, out, one, zero):
            for i in range(x.size):
                out[i] = formula(x[i], one, zero)

    return loop


def with_numba(name, x):
    """Return a call of a compiled loop."""
    without_half(x)
    loop = numba_loop(name)
    out = tuple(np.ones_like(x) for _ in range(getattr(fastsig, name).nout))
    one, zero = np.ones(1, x.dtype)[0], np.zeros(1, x.dtype)[0]
    return lambda: (loop(x, *out, one, zero), out)[1]


# Operators, a line each, with their inputs and their output: the graph's input is x, its 1 is `one`, its outputs are y
# and z. The runtime makes one operator of silu's two, and computes float16 in float32.
GRAPHS = {
    "sigmoid": ("Sigmoid x y",),
    "sigmoid_derivative": ("Sigmoid x s", "Sub one s c", "Mul s c y"),
    "sigmoid_with_derivative": ("Sigmoid x y", "Sub one y c", "Mul y c z"),
    "log_sigmoid": ("Sigmoid x s", "Log s y"),
    "softplus": ("Softplus x y",),
    "logit": ("Sub one x c", "Div x c q", "Log q y"),
    "silu": ("Sigmoid x s", "Mul x s y"),
}
OPSET, IR_VERSION = 17, 8  # ONNX 1.12: what any runtime of today reads


def onnx_model(name, dtype):
    """Return a graph as bytes, and the number of its outputs."""
    from onnx import helper, numpy_helper

    kind = helper.np_dtype_to_tensor_dtype(dtype)
    nodes = [helper.make_node(op, inputs, [output]) for op, *inputs, output in map(str.split, GRAPHS[name])]
    outputs = ["y", "z"] if name == "sigmoid_with_derivative" else ["y"]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", kind, [None])],
        [helper.make_tensor_value_info(output, kind, [None]) for output in outputs],
        [numpy_helper.from_array(np.ones((), dtype), "one")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return model.SerializeToString(), outputs


def with_onnxruntime(name, x):
    """Return a run of a session whose input and outputs are bound to arrays.

    Raises
    ------
    NotImplementedError
        If the runtime lacks an operator for the type: there is no float64 Softplus.
    """
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as Lacking

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model, names = onnx_model(name, x.dtype)
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Lacking as error:
        raise NotImplementedError(str(error)) from error
    binding = session.io_binding()
    binding.bind_input("x", "cpu", 0, x.dtype, x.shape, x.ctypes.data)
    outputs = {output: np.ones_like(x) for output in names}
    for output, array in outputs.items():
        binding.bind_output(output, "cpu", 0, x.dtype, array.shape, array.ctypes.data)

    def run():
        session.run_with_iobinding(binding)
        return tuple(outputs.values())

    return run


# ---------------------------------------------------------------------------------------------------------------
# All of them
# ---------------------------------------------------------------------------------------------------------------

INSTALL = 'pip install "fastsig-ufuncs[bench]"'


class Contender(NamedTuple):
    """A library, and how it is shown: colours that the colour-blind can tell apart, after Okabe and Ito."""

    label: str
    packages: tuple[str, ...]
    color: str
    marker: str
    prepare: Callable  # (name, x) -> a call without arguments that returns an array, or a tuple of arrays
    library: Callable[[], Library] | None = None


CONTENDERS = {
    "fastsig": Contender("fastsig", ("fastsig",), "#000000", "o", with_fastsig),
    "fast": Contender("fastsig.fast", ("fastsig",), "#7A7A00", "h", with_fast),
    "numpy": Contender("NumPy", ("numpy",), "#E69F00", "s", with_numpy, numpy_library),
    "scipy": Contender("SciPy", ("scipy",), "#009E73", "^", with_scipy, scipy_library),
    "torch": Contender("PyTorch", ("torch",), "#D55E00", "v", with_torch, torch_library),
    "jax": Contender("JAX", ("jax",), "#0072B2", "D", with_jax, jax_library),
    "numexpr": Contender("numexpr", ("numexpr",), "#56B4E9", "P", with_numexpr),
    "numba": Contender("Numba", ("numba",), "#CC79A7", "X", with_numba),
    "onnxruntime": Contender("ONNX Runtime", ("onnxruntime", "onnx"), "#999999", "*", with_onnxruntime),
}


def installed(names=tuple(CONTENDERS)):
    """Return those of some contenders whose packages are installed, fastsig first."""
    return {
        name: contender
        for name, contender in CONTENDERS.items()
        if name == "fastsig" or (name in names and all(map(importlib.util.find_spec, contender.packages)))
    }


def absent(names=tuple(CONTENDERS)):
    """Return the labels of those of some contenders that are not installed."""
    here = installed(names)
    return [CONTENDERS[name].label for name in names if name not in here]
