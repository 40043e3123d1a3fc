"""FASTSIG FOR NUMBA, which imports this itself, by the entry point ``numba_extensions`` of pyproject.toml.

Compiled functions call the loops of the ufuncs (the driver, with the data of a loop) by the names of symbols: Numba's
cache holds names, which each process resolves to its own addresses.
"""

import numpy as np
from llvmlite import ir
from llvmlite.binding import add_symbol
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic, overload, register_jitable
from numba.np.numpy_support import as_dtype

import fastsig
from fastsig.cython_api import addresses

DRIVER = "fastsig.driver"
BYTES = ir.IntType(8).as_pointer()
LENGTH = ir.IntType(np.dtype(np.intp).itemsize * 8)
LOOP = ir.FunctionType(ir.VoidType(), [BYTES.as_pointer(), LENGTH.as_pointer(), LENGTH.as_pointer(), BYTES])


def init():
    """Let functions that Numba compiles call each ufunc of both tiers."""
    for module in (fastsig, fastsig.fast):
        ufuncs = {value for name in module.__all__ if isinstance(value := getattr(module, name), np.ufunc)}
        for ufunc in ufuncs:  # once each, whatever aliases it has
            register(ufunc, f"{module.__name__}.{ufunc.__name__}")


def register(ufunc, name):
    """Let functions that Numba compiles call a ufunc, which error messages and symbols call by this name."""
    for number in (types.float32, types.float64):
        driver, data = addresses(ufunc, as_dtype(number))
        add_symbol(DRIVER, driver)
        add_symbol(f"{name}.{number}", data)

    if ufunc.nin == 1:

        @overload(ufunc, target="cpu")
        def call(x, out=None):
            return unary(name, ufunc.nout, x, out)

    else:

        @overload(ufunc, target="cpu")
        def call(x1, x2, out=None):
            return binary(name, ufunc.nout, x1, x2, out)


# ---------------------------------------------------------------------------------------------------------------
# Types
# ---------------------------------------------------------------------------------------------------------------


def number_of(name, *inputs):
    """Return the type in which a function computes inputs of these types, as the ufunc does."""
    numbers = [x.dtype if isinstance(x, types.Array) else x for x in inputs]
    for number in numbers:
        if number not in (types.float32, types.float64) and not isinstance(number, types.Integer | types.Boolean):
            raise TypingError(
                f"{name} takes numbers and arrays of float32, float64, integers or bool in compiled functions, "
                f"and not {', '.join(map(str, inputs))}"
            )
    floats = [number for number in numbers if isinstance(number, types.Float)]
    return max(floats, default=types.float64, key=lambda number: number.bitwidth)


def is_none(out):
    """Tell whether an argument is missing, or None."""
    return out is None or isinstance(out, types.NoneType | types.Omitted)


def check_out(name, nout, number, ndim, out):
    """Raise TypingError unless results of this type can be written where `out` says."""
    arrays = tuple(out) if nout > 1 and isinstance(out, types.BaseTuple) else (out,)
    right = all(isinstance(a, types.Array) and a.dtype == number and a.ndim == ndim and a.mutable for a in arrays)
    if len(arrays) != nout or not right or not all(map(has_one_step, arrays)):
        wanted = "an array" if nout == 1 else f"a tuple of {nout} arrays"
        raise TypingError(
            f"{name} takes as `out` here {wanted} of {number} in {ndim} dimensions, contiguous if it has several, "
            f"and not {out}"
        )


def dimensions(x):
    """Return how many dimensions an argument has: none if it is a number."""
    return x.ndim if isinstance(x, types.Array) else 0


def has_one_step(array):
    """Tell whether all elements of an array are one distance apart, which a loop can follow."""
    return array.ndim == 1 or array.layout == "C"


# ---------------------------------------------------------------------------------------------------------------
# Implementations, of which Numba compiles one for each type
# ---------------------------------------------------------------------------------------------------------------


def unary(name, nout, x, out):
    """Return the implementation of a function of one input, for arguments of these types."""
    number, ndim = number_of(name, x), dimensions(x)
    given = inputs_of(number, ndim)
    if ndim == 0:
        one = numbers_loop(name, number, nout, out)
        return lambda x, out=None: one((given(x, ()),))

    results_of, run, returned = array_loop(name, number, nout, ndim, out)

    def compute(x, out=None):
        results = results_of(x.shape, out)
        run((given(x, x.shape),), results)
        return returned(results)

    return compute


def binary(name, nout, x1, x2, out):
    """Return the implementation of a function of two inputs, for arguments of these types."""
    number, ndim = number_of(name, x1, x2), max(dimensions(x1), dimensions(x2))
    given = inputs_of(number, ndim)
    if ndim == 0:
        one = numbers_loop(name, number, nout, out)
        return lambda x1, x2, out=None: one((given(x1, ()), given(x2, ())))

    results_of, run, returned = array_loop(name, number, nout, ndim, out)

    def compute(x1, x2, out=None):
        shape = np.broadcast_shapes(np.shape(x1), np.shape(x2))
        results = results_of(shape, out)
        run((given(x1, shape), given(x2, shape)), results)
        return returned(results)

    return compute


def array_loop(name, number, nout, ndim, out):
    """Return three steps of a call with arrays: where results go, the loop, what is returned."""
    returned = register_jitable((lambda results: results[0]) if nout == 1 else (lambda results: results))
    return outputs_of(name, number, nout, ndim, out), arrays_loop(name, number), returned


def inputs_of(number, ndim):
    """Return a function that makes an input one that the loop can follow: a number, or an array of the result's shape.

    An array is used as it is, and copied only where its type, its shape or its layout differs.
    """

    def given(x, shape):
        raise NotImplementedError  # Numba compiles the overload below instead

    @overload(given, target="cpu")
    def given_in_compiled_functions(x, shape):
        if not isinstance(x, types.Array):
            return lambda x, shape: number(x)
        if x.ndim == 0:
            return lambda x, shape: number(x.item())
        if x.dtype == number and x.ndim == ndim and has_one_step(x):
            return lambda x, shape: x if x.shape == shape else np.broadcast_to(x, shape).astype(number)
        return lambda x, shape: np.broadcast_to(x, shape).astype(number)

    return given


def outputs_of(name, number, nout, ndim, out):
    """Return a function that makes a tuple of the arrays for results: new ones, or those that are given."""
    if is_none(out):
        if nout == 1:
            return register_jitable(lambda shape, out: (np.empty(shape, number),))
        return register_jitable(lambda shape, out: (np.empty(shape, number), np.empty(shape, number)))

    check_out(name, nout, number, ndim, out)
    error = f"{name} takes as `out` what has the shape of the result"

    @register_jitable
    def checked(shape, *arrays):
        for array in arrays:
            if array.shape != shape:
                raise ValueError(error)
        return arrays

    if nout == 1:
        return register_jitable(lambda shape, out: checked(shape, out))
    return register_jitable(lambda shape, out: checked(shape, out[0], out[1]))


# ---------------------------------------------------------------------------------------------------------------
# Calls of the loop, in LLVM's code
# ---------------------------------------------------------------------------------------------------------------


def numbers_loop(name, number, nout, out):
    """Return a function of a tuple of numbers that returns the result, or a tuple of them."""
    if not is_none(out):
        raise TypingError(f"{name} takes no `out` for numbers in compiled functions, and not {out}")
    result = number if nout == 1 else types.UniTuple(number, nout)

    @intrinsic
    def one(_context, numbers):
        def generate(context, builder, signature, arguments):
            inputs = cgutils.unpack_tuple(builder, arguments[0])
            places = [cgutils.alloca_once_value(builder, value) for value in inputs]
            places += [cgutils.alloca_once(builder, context.get_value_type(number)) for _ in range(nout)]
            call(builder, f"{name}.{number}", places, [LENGTH(0)] * len(places), LENGTH(1))
            results = [builder.load(place) for place in places[len(inputs) :]]
            return results[0] if nout == 1 else context.make_tuple(builder, result, results)

        return result(numbers), generate

    return one


def arrays_loop(name, number):
    """Return a function of a tuple of inputs, numbers or arrays, and a tuple of arrays for the results."""

    @intrinsic
    def run(_context, inputs, outputs):
        def generate(context, builder, signature, arguments):
            places, steps, length = [], [], None
            for tuple_of, values in zip(signature.args, arguments, strict=True):
                for kind, value in zip(tuple_of, cgutils.unpack_tuple(builder, values), strict=True):
                    if isinstance(kind, types.Array):
                        array = context.make_array(kind)(context, builder, value)
                        places.append(array.data)
                        steps.append(builder.extract_value(array.strides, 0) if kind.ndim == 1 else array.itemsize)
                        length = array.nitems  # in the end that of a result
                    else:
                        places.append(cgutils.alloca_once_value(builder, value))
                        steps.append(LENGTH(0))
            call(builder, f"{name}.{number}", places, steps, length)
            return context.get_dummy_value()

        return types.none(inputs, outputs), generate

    return run


def call(builder, symbol, places, steps, length):
    """Call the driver with the data of a loop, as NumPy does."""
    module = builder.module
    driver = cgutils.get_or_insert_function(module, LOOP, DRIVER)
    data = module.globals.get(symbol) or ir.GlobalVariable(module, ir.IntType(8), symbol)
    operands = [builder.bitcast(place, BYTES) for place in places]
    vectors = [
        builder.bitcast(cgutils.alloca_once_value(builder, cgutils.pack_array(builder, values)), of_type)
        for values, of_type in ((operands, LOOP.args[0]), ([length], LOOP.args[1]), (steps, LOOP.args[2]))
    ]
    builder.call(driver, [*vectors, data])
