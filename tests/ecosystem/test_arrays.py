"""Arrays of other libraries: the same numbers, with their labels, masks, nulls and types."""

import inspect
from contextlib import nullcontext

import numpy as np
import pytest
from catalog import outputs, same_bits
from libraries import library

from fastsig import (
    logistic_loss,
    logistic_loss_gradient_hessian,
    logit,
    sigmoid,
    sigmoid_derivative,
    sigmoid_with_derivative,
    silu,
    threaded,
)

X = np.array([-720.0, -3.0, 0.1, 40.0])
T = np.array([0, 1, 0, 1])
KNOWN = np.array([True, True, False, True])
TYPES = ("float32", "float64")


def assert_same(result, *expected):
    """Compare the outputs' values, one or two, with arrays: type and bits."""
    for y, right in zip(outputs(result), expected, strict=True):
        y = np.asarray(y)
        assert y.dtype == right.dtype
        assert same_bits(y, right)


# ---------------------------------------------------------------------------------------------------------------
# pandas
# ---------------------------------------------------------------------------------------------------------------

NULLABLE = {"Float64": "float64", "Float32": "float32", "Int64": "float64"}
ARROW = {"double[pyarrow]": "float64", "float[pyarrow]": "float32", "int64[pyarrow]": "float64"}
IN = {"Int64": "Float64", "int64[pyarrow]": "double[pyarrow]"}  # the type that a result has, where it is another


def series(dtype):
    """Return a Series with a missing value, and its values as they are computed (0 where one is missing)."""
    pd = library("pandas")
    if "pyarrow" in dtype:
        library("pyarrow")
    values = X.round()
    x = pd.Series(values, index=list("abcd"), name="score").where(KNOWN).astype("Float64").astype(dtype)
    return x, np.where(KNOWN, values, 0)


def assert_known_values(y, x, expected):
    """Compare a Series with the values it must have where `x` has one; where not, it must have none."""
    assert y.index.equals(x.index)
    assert y.isna().tolist() == x.isna().tolist() == (~KNOWN).tolist()
    assert same_bits(y[KNOWN].to_numpy(expected.dtype), expected[KNOWN])


@pytest.mark.parametrize("dtype", TYPES)
def test_pandas_series_and_frames_keep_labels_and_types(dtype):
    pd = library("pandas")
    values = X.astype(dtype)
    x = pd.Series(values, index=list("abcd"), name="score")
    y = sigmoid(x)
    assert y.index.equals(x.index)
    assert y.name == x.name
    assert_same(y, sigmoid(values))
    assert_same(sigmoid_with_derivative(x), *sigmoid_with_derivative(values))
    frame = pd.DataFrame({"one": x, "two": -x})
    for y, right in zip(sigmoid_with_derivative(frame), (sigmoid, sigmoid_derivative), strict=True):
        assert y.index.equals(frame.index)
        assert y.columns.equals(frame.columns)
        assert_same(y, right(frame.to_numpy()))
    assert sigmoid(frame.assign(two=x.astype("float64"))).dtypes.tolist() == [np.dtype(dtype), np.dtype("float64")]


def test_two_pandas_series_are_aligned_by_their_labels():
    pd = library("pandas")
    x = pd.Series(X.astype("float32"), index=list("abcd"))
    t = pd.Series(T, index=list("abcd"))[::-1]
    assert_same(logistic_loss(x, t), logistic_loss(x.to_numpy(), T))
    assert_same(logistic_loss_gradient_hessian(x, t), *logistic_loss_gradient_hessian(x.to_numpy(), T))
    with pytest.raises(NotImplementedError, match="DataFrame and Series"):
        logistic_loss(x.to_frame(), t)


@pytest.mark.parametrize("dtype", [*NULLABLE, *ARROW])
def test_nullable_and_arrow_series_keep_type_and_missing_values(dtype):
    x, values = series(dtype)
    values = values.astype((NULLABLE | ARROW)[dtype])
    y = sigmoid(x)
    assert y.dtype == IN.get(dtype, dtype)
    assert y.name == x.name
    assert_known_values(y, x, sigmoid(values))
    with_labels = logistic_loss(x, np.zeros(len(x), int))
    assert_known_values(with_labels, x, logistic_loss(values, 0))
    frame = sigmoid(x.to_frame())
    assert frame.dtypes.tolist() == [y.dtype]
    assert_known_values(frame["score"], x, sigmoid(values))


@pytest.mark.parametrize("dtype", NULLABLE)
def test_nullable_series_take_functions_of_two_outputs(dtype):
    x, values = series(dtype)
    for y, right in zip(sigmoid_with_derivative(x), (sigmoid, sigmoid_derivative), strict=True):
        assert y.dtype == IN.get(dtype, dtype)
        assert_known_values(y, x, right(values.astype(NULLABLE[dtype])))


@pytest.mark.parametrize("dtype", ARROW)
def test_arrow_series_take_functions_of_two_outputs_by_way_of_nullable_ones(dtype):
    x, values = series(dtype)
    with pytest.raises((AttributeError, TypeError, NotImplementedError)):
        sigmoid_with_derivative(x)
    nullable = "Float32" if dtype == "float[pyarrow]" else "Float64"
    for y, right in zip(sigmoid_with_derivative(x.astype(nullable)), (sigmoid, sigmoid_derivative), strict=True):
        y = y.astype(IN.get(dtype, dtype))
        assert_known_values(y, x, right(values.astype(ARROW[dtype])))
    # Where no value is missing, NumPy's arrays will do.
    known = x[KNOWN]
    assert_same(sigmoid_with_derivative(known.to_numpy()), *sigmoid_with_derivative(values[KNOWN].astype(ARROW[dtype])))


@pytest.mark.parametrize("dtype", ["Float32", "float[pyarrow]"])
def test_two_outputs_of_frames_with_missing_values_go_column_by_column(dtype):
    x, _ = series(dtype)
    frame = x.to_frame()
    # pandas computes all columns as one NumPy array: what is missing becomes NaN, and the type NumPy's.
    for y in sigmoid_with_derivative(frame):
        assert y["score"].dtype == np.float32
        assert y["score"].isna().tolist() == x.isna().tolist()
    pair = sigmoid_with_derivative(frame["score"].astype("Float32"))
    for y, right in zip(pair, (sigmoid, sigmoid_derivative), strict=True):
        assert_known_values(y, x, right(x.fillna(0).to_numpy("float32")))


def test_functions_of_pandas_groups():
    pd = library("pandas")
    frame = pd.DataFrame({"group": list("abaa"), "x": X}, index=[5, 6, 7, 8])
    groups = frame.groupby("group")["x"]
    y = groups.transform(sigmoid)
    assert y.index.equals(frame.index)
    assert_same(y, sigmoid(X))
    centred = groups.transform(lambda x: sigmoid(x - x.mean()))
    assert_same(centred, sigmoid((frame["x"] - groups.transform("mean")).to_numpy()))
    with pytest.raises(ValueError, match=r"(?i)length"):
        groups.transform(sigmoid_with_derivative)
    in_pairs = pd.Series(X).groupby([0, 0, 1, 1]).transform(sigmoid_with_derivative)
    assert in_pairs.dtype == object
    assert all(isinstance(y, pd.Series) for y in in_pairs)
    x = frame["x"] - groups.transform("mean")
    frame["s"], frame["ds"] = sigmoid_with_derivative(x)
    assert_same((frame["s"], frame["ds"]), *sigmoid_with_derivative(x.to_numpy()))


def test_missing_values_of_pandas_are_computed_and_may_warn():
    pd = library("pandas")
    x = pd.array([0.5, 7.0], dtype="Float64")
    x[1] = pd.NA  # which leaves the 7 in its place
    with pytest.warns(RuntimeWarning, match="invalid value"):
        y = logit(x)
    assert y.isna().tolist() == [False, True]
    with np.errstate(invalid="ignore"):
        assert logit(x)[0] == 0


# ---------------------------------------------------------------------------------------------------------------
# Dask and xarray
# ---------------------------------------------------------------------------------------------------------------


def is_lazy(x):
    """Tell whether an array is Dask's, or holds one that is."""
    return library("dask").is_dask_collection(x)


@pytest.mark.parametrize("dtype", TYPES)
def test_dask_arrays_stay_lazy_and_take_two_outputs_by_apply_gufunc(dtype):
    da = library("dask.array")
    values = X.astype(dtype)
    x, t = da.from_array(values, chunks=3), da.from_array(T, chunks=3)
    for y, right in ((sigmoid(x), sigmoid(values)), (logistic_loss(x, t), logistic_loss(values, T))):
        assert is_lazy(y)
        assert y.dtype == dtype
        assert y.chunks == x.chunks
        assert_same(y.compute(), right)
    for ufunc, inputs, signature in (
        (sigmoid_with_derivative, (x,), "()->(),()"),
        (logistic_loss_gradient_hessian, (x, t), "(),()->(),()"),
    ):
        with pytest.raises(TypeError, match="NotImplemented"):
            ufunc(*inputs)
        pair = da.apply_gufunc(ufunc, signature, *inputs, output_dtypes=[x.dtype, x.dtype])
        assert all(is_lazy(y) and y.dtype == dtype for y in pair)
        assert_same(da.compute(*pair), *ufunc(*(z.compute() for z in inputs)))


def test_dask_frames_stay_lazy():
    pd, dd = library("pandas"), library("dask.dataframe")
    frame = pd.DataFrame({"x": X}, index=[5, 6, 7, 8])
    lazy = dd.from_pandas(frame, npartitions=2)
    assert is_lazy(sigmoid(lazy))
    pd.testing.assert_frame_equal(sigmoid(lazy).compute(), sigmoid(frame), check_exact=True)
    with pytest.raises(TypeError, match="NotImplemented"):
        sigmoid_with_derivative(lazy["x"])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("chunked", [False, True], ids=["NumPy", "Dask"])
def test_xarray_keeps_names_and_coordinates(dtype, chunked):
    xr = library("xarray")
    a = xr.DataArray(X.astype(dtype), dims="time", coords={"time": list("abcd")}, name="score")
    t = a.copy(data=T)
    if chunked:
        library("dask")
        a, t = a.chunk(3), t.chunk(3)
    for y in (sigmoid(a), sigmoid(a.to_dataset())["score"]):
        assert is_lazy(y) == chunked
        assert y.name == "score"
        assert y.indexes["time"].tolist() == list("abcd")
        assert_same(y, sigmoid(X.astype(dtype)))
    assert is_lazy(logistic_loss(a, t)) == chunked
    assert_same(logistic_loss(a, t), logistic_loss(X.astype(dtype), T))
    if not chunked:
        assert_same(sigmoid_with_derivative(a), *sigmoid_with_derivative(X.astype(dtype)))


@pytest.mark.parametrize("dtype", TYPES)
def test_xarray_on_dask_takes_two_outputs_by_apply_ufunc(dtype):
    xr = library("xarray")
    library("dask")
    a = xr.DataArray(X.astype(dtype), dims="time", coords={"time": list("abcd")}, name="score").chunk(3)
    how = {"output_core_dims": [[], []], "dask": "parallelized", "output_dtypes": [a.dtype, a.dtype]}
    with pytest.raises(TypeError, match="NotImplemented"):
        sigmoid_with_derivative(a)
    pair = xr.apply_ufunc(sigmoid_with_derivative, a, **how)
    of_dataset = [y["score"] for y in xr.apply_ufunc(sigmoid_with_derivative, a.to_dataset(), **how)]
    for y in (*pair, *of_dataset):
        assert is_lazy(y)
        assert y.dtype == dtype
        assert y.indexes["time"].tolist() == list("abcd")
    assert_same(pair, *sigmoid_with_derivative(X.astype(dtype)))
    assert_same(tuple(of_dataset), *sigmoid_with_derivative(X.astype(dtype)))
    t = a.copy(data=T).chunk(3)
    assert_same(
        xr.apply_ufunc(logistic_loss_gradient_hessian, a, t, **how),
        *logistic_loss_gradient_hessian(X.astype(dtype), T),
    )


# ---------------------------------------------------------------------------------------------------------------
# numpy.ma and memory-mapped files
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
def test_masked_arrays_keep_mask_and_type(dtype):
    values = X.astype(dtype)
    x = np.ma.array(values, mask=~KNOWN)
    t = np.ma.array(T, mask=[True, False, False, False])
    for ufunc, inputs in (
        (sigmoid, (x,)),
        (sigmoid_with_derivative, (x,)),
        (logistic_loss, (x, t)),
        (logistic_loss_gradient_hessian, (x, t)),
    ):
        mask = np.logical_or.reduce([np.ma.getmaskarray(z) for z in inputs])
        for y, right in zip(outputs(ufunc(*inputs)), outputs(ufunc(*(z.data for z in inputs))), strict=True):
            assert y.dtype == dtype
            assert y.mask.tolist() == mask.tolist()
            assert same_bits(y.data[~mask], right[~mask])


def test_masked_values_are_computed_and_may_warn_as_np_log_does():
    for ufunc in (logit, np.log):
        with pytest.warns(RuntimeWarning, match="invalid value"):
            y = ufunc(np.ma.array([0.5, -3.0], mask=[False, True]))
        assert y.mask.tolist() == [False, True]
    with np.errstate(invalid="ignore"):
        assert logit(np.ma.array([0.5, -3.0], mask=[False, True]))[0] == 0


@pytest.mark.parametrize("compute", [sigmoid, lambda x, out: threaded(sigmoid, x, out=out)], ids=["call", "threaded"])
def test_memory_mapped_files_are_computed_in_place(tmp_path, compute):
    file = tmp_path / "scores"
    values = np.linspace(-100, 100, 300_000, dtype=np.float32)
    values.tofile(file)
    mapped = np.memmap(file, np.float32, "r+")
    assert compute(mapped, out=mapped) is mapped
    mapped.flush()
    assert same_bits(np.fromfile(file, np.float32), sigmoid(values))


# ---------------------------------------------------------------------------------------------------------------
# Polars
# ---------------------------------------------------------------------------------------------------------------


def polars_columns(dtype):
    """Return a frame with a column of scores, one of which is null, and labels as Int64 and as the scores' type."""
    pl = library("polars")
    x = pl.Series("x", X.astype(dtype)).to_frame().select(pl.when(pl.Series(KNOWN)).then("x").alias("x"))
    return x.with_columns(i=pl.Series(T), t=pl.Series(T.astype(dtype)))


def assert_polars(y, expected):
    """Compare a Series with the values it must have, and with null in the third place."""
    assert y.is_null().to_list() == (~KNOWN).tolist()
    assert_same(y.drop_nulls().to_numpy(), expected[KNOWN])


@pytest.mark.parametrize("dtype", TYPES)
def test_polars_series_and_expressions_keep_nulls_and_types(dtype):
    pl = library("polars")
    frame, values = polars_columns(dtype), X.astype(dtype)
    assert_polars(sigmoid(frame["x"]), sigmoid(values))
    assert sigmoid(frame["x"]).name == "x"
    assert_polars(frame.select(sigmoid(pl.col("x")))["x"], sigmoid(values))
    assert_polars(frame.lazy().select(sigmoid(pl.col("x"))).collect()["x"], sigmoid(values))
    assert_polars(logistic_loss(frame["x"], frame["t"]), logistic_loss(values, T))
    assert_polars(frame.select(logistic_loss(pl.col("x"), pl.col("t")))["x"], logistic_loss(values, T))


def test_polars_computes_narrow_scores_with_wide_labels_in_float64():
    frame = polars_columns("float32")
    wide = logistic_loss(frame["x"], frame["i"])  # with a NumPy array of labels it would be float32
    assert_polars(wide, logistic_loss(X.astype("float32").astype("float64"), T))
    cast = logistic_loss(frame["x"], frame["i"].cast(library("polars").Float32))
    assert_polars(cast, logistic_loss(X.astype("float32"), T))


@pytest.mark.parametrize("dtype", TYPES)
def test_polars_takes_two_outputs_as_a_struct(dtype):
    pl = library("polars")
    frame, values = polars_columns(dtype), X.astype(dtype)
    with pytest.raises(NotImplementedError, match="return one"):
        sigmoid_with_derivative(frame["x"])
    with pytest.raises(pl.exceptions.PolarsError):
        frame.select(sigmoid_with_derivative(pl.col("x")))

    def with_derivative(x):
        s, ds = sigmoid_with_derivative(x.to_numpy())  # NaN where there is a null
        pair = pl.DataFrame({"s": s, "ds": ds})
        return pair.select(pl.struct(pl.when(x.is_not_null()).then(pl.all()))).to_series()

    def gradient_hessian(columns):
        g, h = logistic_loss_gradient_hessian(*(column.to_numpy() for column in columns))
        return pl.DataFrame({"s": g, "ds": h}).select(pl.struct(pl.all().fill_nan(None))).to_series()

    kind = pl.Struct({"s": frame.schema["x"], "ds": frame.schema["x"]})
    pair = frame.lazy().select(pl.col("x").map_batches(with_derivative, return_dtype=kind).struct.field("s", "ds"))
    of_two = frame.select(pl.map_batches(["x", "i"], gradient_hessian, return_dtype=kind).struct.field("s", "ds"))
    for result, right in (
        (pair.collect(), sigmoid_with_derivative(values)),
        (of_two, logistic_loss_gradient_hessian(values, T)),
    ):
        for name, expected in zip(("s", "ds"), right, strict=True):
            assert_polars(result[name], expected)


def test_what_lies_under_a_null_of_polars_is_computed_and_may_warn():
    pl = library("polars")
    x = pl.Series([0.5, 7.0]).to_frame("x").select(pl.when(pl.col("x") < 1).then("x"))["x"]
    with np.errstate(all="ignore"):
        assert logit(x).to_list() == [0, None]


# ---------------------------------------------------------------------------------------------------------------
# sparse, Awkward Array
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
def test_sparse_arrays_have_the_fill_value_that_belongs_to_zero(dtype):
    sparse = library("sparse")
    values = np.array([[0, 0, -3, 0], [40, 0, 0, 0]], dtype)
    x = sparse.COO.from_numpy(values)
    for ufunc, inputs in (
        (sigmoid, (x,)),
        (silu, (x,)),
        (sigmoid_with_derivative, (x,)),
        (logistic_loss, (x, 1)),
        (logistic_loss, (x, sparse.COO.from_numpy(T * (values != 0)))),
        (logistic_loss_gradient_hessian, (x, 1)),
    ):
        right = outputs(ufunc(*(z.todense() if isinstance(z, sparse.COO) else z for z in inputs)))
        found = outputs(ufunc(*inputs))
        for y, z in zip(found, right, strict=True):
            assert isinstance(y, sparse.COO)
            assert_same(y.todense(), z)
    assert sigmoid(x).fill_value == 0.5
    assert sigmoid(x).nnz == x.nnz
    assert silu(x).fill_value == 0
    with pytest.raises(ValueError, match="dense"):  # a gradient of 1/2 or -1/2 where the score is 0
        logistic_loss_gradient_hessian(x, T)


def test_sparse_matrices_of_scipy_are_refused():
    with pytest.raises(TypeError, match="not supported for the input types"):
        sigmoid(library("scipy.sparse").csr_array(np.eye(2)))


@pytest.mark.parametrize("dtype", TYPES)
def test_ragged_arrays_keep_their_rows_and_missing_values(dtype):
    ak = library("awkward")
    values = X.astype(dtype)
    lengths = [1, 0, 3]
    x, t = ak.unflatten(values, lengths), ak.unflatten(T, lengths)
    for ufunc, inputs, flat in (
        (sigmoid, (x,), (values,)),
        (sigmoid_with_derivative, (x,), (values,)),
        (logistic_loss, (x, t), (values, T)),
        (logistic_loss_gradient_hessian, (x, t), (values, T)),
    ):
        for y, right in zip(outputs(ufunc(*inputs)), outputs(ufunc(*flat)), strict=True):
            assert ak.num(y).tolist() == lengths
            assert_same(ak.flatten(y), right)
    with_none = sigmoid(ak.Array([[1.0, None], [], None]))
    assert with_none.tolist() == [[sigmoid(1.0), None], [], None]


# ---------------------------------------------------------------------------------------------------------------
# PyTorch and JAX
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
def test_tensors_give_tensors_or_arrays_with_the_same_numbers(dtype):
    torch = library("torch")
    values = X.astype(dtype)
    x, t = torch.from_numpy(values), torch.from_numpy(T)
    # PyTorch's own __array_wrap__ is that of NumPy 1 as long as it lacks this parameter.
    is_old = "return_scalar" not in inspect.signature(torch.Tensor.__array_wrap__).parameters
    with pytest.warns(DeprecationWarning, match="__array_wrap__ must accept context") if is_old else nullcontext():
        y, pair, loss = sigmoid(x), sigmoid_with_derivative(x), logistic_loss(x, t)
    assert all(isinstance(z, torch.Tensor) for z in (y, *pair, loss))
    assert_same(y, sigmoid(values))
    assert_same(pair, *sigmoid_with_derivative(values))
    assert_same(loss, logistic_loss(values, T))
    y = sigmoid(x.numpy())
    assert isinstance(y, np.ndarray)
    assert_same(y, sigmoid(values))


def test_tensors_that_have_a_gradient_are_refused_by_torch():
    torch = library("torch")
    x = torch.tensor([0.0, 40.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="requires grad"):
        sigmoid(x)
    assert_same(sigmoid(x.detach().numpy()), sigmoid(np.array([0, 40], np.float32)))


def test_tensors_are_computed_in_place_through_their_memory():
    torch = library("torch")
    x = torch.from_numpy(X.copy())
    with pytest.raises(TypeError, match="ArrayType"):
        sigmoid(x.numpy(), out=x)
    sigmoid(x.numpy(), out=x.numpy())
    assert_same(x, sigmoid(X))


def test_jax_arrays_give_numpys():
    jnp = library("jax.numpy")
    values = X.astype(np.float32)
    x, t = jnp.asarray(values), jnp.asarray(T)
    for result, right in (
        (sigmoid(x), sigmoid(values)),
        (sigmoid_with_derivative(x), sigmoid_with_derivative(values)),
        (logistic_loss(x, t), logistic_loss(values, T)),
    ):
        assert all(isinstance(y, np.ndarray) for y in outputs(result))
        assert_same(result, *outputs(right))


def test_functions_that_jax_traces_call_back():
    jax = library("jax")
    values = X.astype(np.float32)
    with pytest.raises(TypeError):
        jax.jit(sigmoid)(values)
    with pytest.raises(jax.errors.TracerArrayConversionError):
        jax.grad(lambda x: sigmoid(x))(1.0)

    @jax.jit
    def f(x):
        return jax.pure_callback(sigmoid, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="expand_dims")

    assert_same(f(values), sigmoid(values))
