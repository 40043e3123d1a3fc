"""What type checkers know of the ufuncs: a class for each number of inputs and outputs. At run time it is not there.

Only public names of NumPy are used, so that the stubs hold for each of its versions. The terms:

- a *weak* operand (Python's numbers, integers and bool of NumPy) takes the type of the other, floating operand, and
  is computed as float64 where there is none;
- an array keeps its shape's type, as far as it has one; subclasses of ndarray are arrays;
- an array that has no dimension is an array here, although its result is a scalar: the types of NumPy seldom say which
  it is;
- an operand that implements ufuncs or conversion itself (`__array_ufunc__`, `__array__`: columns, tensors) gives Any.

Overloads go from what is known exactly to what is known roughly; the first that fits is the answer.
"""

# The overloads overlap on purpose. The methods are narrower than those of np.ufunc, which takes anything.
# mypy: disable-error-code="overload-overlap, override"
# pyright: reportIncompatibleMethodOverride=false, reportOverlappingOverload=false

from types import EllipsisType
from typing import (
    Any,
    Literal,
    Never,
    NoReturn,
    Protocol,
    SupportsIndex,
    TypeAlias,
    TypedDict,
    TypeVar,
    overload,
    type_check_only,
)

import numpy as np
import numpy.typing as npt
from numpy.lib.mixins import NDArrayOperatorsMixin
from typing_extensions import Unpack

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_F = TypeVar("_F", bound=np.floating[Any])
_S = TypeVar("_S", bound=tuple[int, ...])
_Out = TypeVar("_Out", bound=npt.NDArray[np.inexact[Any]])
_Out1 = TypeVar("_Out1", bound=npt.NDArray[np.inexact[Any]])
_Out2 = TypeVar("_Out2", bound=npt.NDArray[np.inexact[Any]])

@type_check_only
class _Row(Protocol[_T_co]):
    """A sequence: not str or bytes, whose `__contains__` takes no object, and not an array, which has no `index`."""

    def __len__(self, /) -> int: ...
    def __contains__(self, x: object, /) -> bool: ...
    def __getitem__(self, i: int, /) -> _T_co: ...
    def index(self, value: Any, /) -> int: ...

@type_check_only
class _HasUfunc(Protocol):
    # ndarray's own method names the ufunc's methods and so does not match; those of other classes accept any string.
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, /, *inputs: Any, **kwargs: Any) -> Any: ...

@type_check_only
class _HasArray(Protocol):
    def __array__(self) -> npt.NDArray[np.floating[Any] | np.integer[Any] | np.bool]: ...

@type_check_only
class _FloatClass(Protocol):
    # Python's class float, and not int, which type[float] would accept.
    def fromhex(self, string: str, /) -> float: ...

# Sequences, nested up to three deep: without a limit mypy lets literals of anything pass.
_Nested: TypeAlias = _Row[_T] | _Row[_Row[_T]] | _Row[_Row[_Row[_T]]]

# Scalars.
_Weak: TypeAlias = float | np.integer[Any] | np.bool
_Real: TypeAlias = np.floating[Any] | _Weak
_Narrow: TypeAlias = np.float16 | np.float32
_UpTo64: TypeAlias = np.float64 | _Narrow | _Weak

# Arrays.
_Array: TypeAlias = np.ndarray[_S, np.dtype[_F]]
_Array64: TypeAlias = np.ndarray[_S, np.dtype[np.float64]]
_ArrayUpTo64: TypeAlias = np.ndarray[_S, np.dtype[np.float64 | np.float32 | np.float16 | np.integer[Any] | np.bool]]
_Integers: TypeAlias = np.ndarray[_S, np.dtype[np.integer[Any] | np.bool]]
_Reals: TypeAlias = npt.NDArray[np.floating[Any] | np.integer[Any] | np.bool]
_Floats: TypeAlias = npt.NDArray[np.floating[Any]]

# Whatever is computed, by what is known of its result: an array of float64, some array, anything.
_AsDouble: TypeAlias = npt.NDArray[np.float64 | np.integer[Any] | np.bool] | np.float64 | _Weak | _Nested[float]
_Like: TypeAlias = _Reals | _Real | _Nested[_Real | _Reals]
_Foreign: TypeAlias = _HasUfunc | NDArrayOperatorsMixin | _HasArray
_Operand: TypeAlias = _Like | _Foreign

# Types to compute in.
_ToDType: TypeAlias = type[_F] | np.dtype[_F]
_To64: TypeAlias = _FloatClass | Literal["float64", "double", "float", "d", "f8"]
_To32: TypeAlias = Literal["float32", "single", "f", "f4"]
_ToOther: TypeAlias = Literal["float16", "half", "e", "f2", "longdouble", "g"]
_ToAny: TypeAlias = _ToDType[np.floating[Any]] | _To64 | _To32 | _ToOther
_Pair: TypeAlias = tuple[_T, _T]

# Outputs, where they decide nothing.
_Maybe: TypeAlias = npt.NDArray[np.inexact[Any]] | None
_Outs: TypeAlias = npt.NDArray[np.inexact[Any]] | tuple[npt.NDArray[np.inexact[Any]]]

_Where: TypeAlias = bool | np.bool | npt.NDArray[np.bool] | _Nested[bool]
_Index: TypeAlias = SupportsIndex | slice | EllipsisType | npt.NDArray[np.integer[Any] | np.bool] | _Nested[int]
_Indices: TypeAlias = _Index | tuple[_Index, ...]

@type_check_only
class _Keywords(TypedDict, total=False):
    casting: Literal["no", "equiv", "safe", "same_kind", "unsafe"]
    order: Literal["K", "A", "C", "F"] | None
    subok: bool

@type_check_only
class _ForScalars(_Keywords, total=False):
    where: bool | np.bool

@type_check_only
class _ForArrays(_Keywords, total=False):
    where: _Where

@type_check_only
class OneToOne(np.ufunc):  # type: ignore[misc]  # NumPy calls ufunc final
    """`sigmoid` and its like: one input, one output."""

    @property
    def nin(self) -> Literal[1]: ...
    @property
    def nout(self) -> Literal[1]: ...
    @property
    def nargs(self) -> Literal[2]: ...
    @property
    def ntypes(self) -> Literal[4]: ...
    @property
    def identity(self) -> None: ...
    @property
    def signature(self) -> None: ...
    @overload
    def __call__(self, x: _F, /, out: None = None, *, dtype: None = None, **kwargs: Unpack[_ForScalars]) -> _F: ...
    @overload
    def __call__(
        self, x: _Weak, /, out: None = None, *, dtype: None = None, **kwargs: Unpack[_ForScalars]
    ) -> np.float64: ...
    @overload
    def __call__(
        self, x: _Array[_S, _F], /, out: EllipsisType | None = None, *, dtype: None = None, **kwargs: Unpack[_ForArrays]
    ) -> _Array[_S, _F]: ...
    @overload
    def __call__(
        self, x: _Integers[_S], /, out: EllipsisType | None = None, *, dtype: None = None, **kwargs: Unpack[_ForArrays]
    ) -> _Array64[_S]: ...
    @overload
    def __call__(
        self, x: _AsDouble, /, out: EllipsisType | None = None, *, dtype: None = None, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(
        self, x: _Like, /, out: EllipsisType | None = None, *, dtype: None = None, **kwargs: Unpack[_ForArrays]
    ) -> _Floats: ...
    @overload
    def __call__(self, x: _Real, /, out: None = None, *, dtype: _ToDType[_F], **kwargs: Unpack[_ForScalars]) -> _F: ...
    @overload
    def __call__(self, x: _Real, /, out: None = None, *, dtype: _To64, **kwargs: Unpack[_ForScalars]) -> np.float64: ...
    @overload
    def __call__(self, x: _Real, /, out: None = None, *, dtype: _To32, **kwargs: Unpack[_ForScalars]) -> np.float32: ...
    @overload
    def __call__(
        self, x: _Real, /, out: None = None, *, dtype: _ToOther, **kwargs: Unpack[_ForScalars]
    ) -> np.floating[Any]: ...
    @overload
    def __call__(
        self, x: _Like, /, out: EllipsisType | None = None, *, dtype: _ToDType[_F], **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[_F]: ...
    @overload
    def __call__(
        self, x: _Like, /, out: EllipsisType | None = None, *, dtype: _To64, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(
        self, x: _Like, /, out: EllipsisType | None = None, *, dtype: _To32, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.float32]: ...
    @overload
    def __call__(
        self, x: _Like, /, out: EllipsisType | None = None, *, dtype: _ToOther, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.floating[Any]]: ...
    @overload
    def __call__(
        self, x: _Operand, /, out: _Out | tuple[_Out], *, dtype: _ToAny | None = None, **kwargs: Unpack[_ForArrays]
    ) -> _Out: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        /,
        out: _Outs | None = None,
        *,
        signature: str | tuple[npt.DTypeLike | None, npt.DTypeLike | None],
        **kwargs: Unpack[_ForArrays],
    ) -> Any: ...
    @overload
    def __call__(
        self, x: _Foreign, /, out: _Outs | None = None, *, dtype: _ToAny | None = None, **kwargs: Unpack[_ForArrays]
    ) -> Any: ...
    def at(self, a: _Floats, indices: _Indices, /) -> None: ...
    def reduce(self, array: Never, /) -> NoReturn: ...
    def accumulate(self, array: Never, /) -> NoReturn: ...
    def reduceat(self, array: Never, /, indices: Never) -> NoReturn: ...
    def outer(self, a: Never, b: Never, /) -> NoReturn: ...

@type_check_only
class OneToTwo(np.ufunc):  # type: ignore[misc]  # NumPy calls ufunc final
    """`sigmoid_with_derivative` and its like: one input, two outputs."""

    @property
    def nin(self) -> Literal[1]: ...
    @property
    def nout(self) -> Literal[2]: ...
    @property
    def nargs(self) -> Literal[3]: ...
    @property
    def ntypes(self) -> Literal[4]: ...
    @property
    def identity(self) -> None: ...
    @property
    def signature(self) -> None: ...
    @overload
    def __call__(
        self,
        x: _F,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[_F]: ...
    @overload
    def __call__(
        self,
        x: _Weak,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.float64]: ...
    @overload
    def __call__(
        self,
        x: _Array[_S, _F],
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Array[_S, _F]]: ...
    @overload
    def __call__(
        self,
        x: _Integers[_S],
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Array64[_S]]: ...
    @overload
    def __call__(
        self,
        x: _AsDouble,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Floats]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: _ToDType[_F],
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[_F]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: _To64,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.float64]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: _To32,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.float32]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: _ToOther,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.floating[Any]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _ToDType[_F],
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[_F]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _To64,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _To32,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float32]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _ToOther,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.floating[Any]]]: ...
    @overload
    def __call__(
        self, x: _Operand, out1: _Out1, out2: _Out2, /, *, dtype: _ToAny | None = None, **kwargs: Unpack[_ForArrays]
    ) -> tuple[_Out1, _Out2]: ...
    @overload
    def __call__(
        self, x: _Operand, /, *, out: tuple[_Out1, _Out2], dtype: _ToAny | None = None, **kwargs: Unpack[_ForArrays]
    ) -> tuple[_Out1, _Out2]: ...
    @overload
    def __call__(
        self, x: _Operand, out1: None, out2: _Out2, /, *, dtype: _ToAny | None = None, **kwargs: Unpack[_ForArrays]
    ) -> tuple[_Floats, _Out2]: ...
    @overload
    def __call__(
        self, x: _Operand, /, *, out: tuple[None, _Out2], dtype: _ToAny | None = None, **kwargs: Unpack[_ForArrays]
    ) -> tuple[_Floats, _Out2]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        out1: _Out1,
        out2: None = None,
        /,
        *,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Out1, _Floats]: ...
    @overload
    def __call__(
        self, x: _Operand, /, *, out: tuple[_Out1, None], dtype: _ToAny | None = None, **kwargs: Unpack[_ForArrays]
    ) -> tuple[_Out1, _Floats]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        out1: _Maybe = None,
        out2: _Maybe = None,
        /,
        *,
        out: _Pair[_Maybe] = ...,
        signature: str | tuple[npt.DTypeLike | None, npt.DTypeLike | None, npt.DTypeLike | None],
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[Any]: ...
    @overload
    def __call__(
        self,
        x: _Foreign,
        out1: _Maybe = None,
        out2: _Maybe = None,
        /,
        *,
        out: _Pair[_Maybe] = ...,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[Any]: ...
    def at(self, a: Never, indices: Never, /) -> NoReturn: ...
    def reduce(self, array: Never, /) -> NoReturn: ...
    def accumulate(self, array: Never, /) -> NoReturn: ...
    def reduceat(self, array: Never, /, indices: Never) -> NoReturn: ...
    def outer(self, a: Never, b: Never, /) -> NoReturn: ...

@type_check_only
class TwoToOne(np.ufunc):  # type: ignore[misc]  # NumPy calls ufunc final
    """`logistic_loss` and its like: two inputs, one output."""

    @property
    def nin(self) -> Literal[2]: ...
    @property
    def nout(self) -> Literal[1]: ...
    @property
    def nargs(self) -> Literal[3]: ...
    @property
    def ntypes(self) -> Literal[4]: ...
    @property
    def identity(self) -> None: ...
    @property
    def signature(self) -> None: ...
    @overload
    def __call__(
        self, x: _UpTo64, t: np.float64, /, out: None = None, *, dtype: None = None, **kwargs: Unpack[_ForScalars]
    ) -> np.float64: ...
    @overload
    def __call__(
        self, x: np.float64, t: _UpTo64, /, out: None = None, *, dtype: None = None, **kwargs: Unpack[_ForScalars]
    ) -> np.float64: ...
    @overload
    def __call__(
        self, x: _F, t: _F | _Weak, /, out: None = None, *, dtype: None = None, **kwargs: Unpack[_ForScalars]
    ) -> _F: ...
    @overload
    def __call__(
        self, x: _Weak, t: _F, /, out: None = None, *, dtype: None = None, **kwargs: Unpack[_ForScalars]
    ) -> _F: ...
    @overload
    def __call__(
        self, x: _Weak, t: _Weak, /, out: None = None, *, dtype: None = None, **kwargs: Unpack[_ForScalars]
    ) -> np.float64: ...
    @overload
    def __call__(
        self, x: _Real, t: _Real, /, out: None = None, *, dtype: None = None, **kwargs: Unpack[_ForScalars]
    ) -> np.floating[Any]: ...
    @overload
    def __call__(
        self,
        x: _ArrayUpTo64[_S],
        t: np.float64 | _Array64[_S],
        /,
        out: EllipsisType | None = None,
        *,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Array64[_S]: ...
    @overload
    def __call__(
        self,
        x: np.float64 | _Array64[_S],
        t: _ArrayUpTo64[_S],
        /,
        out: EllipsisType | None = None,
        *,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Array64[_S]: ...
    @overload
    def __call__(
        self,
        x: _Array[_S, _F],
        t: _Array[_S, _F] | _Integers[_S] | _F | _Weak,
        /,
        out: EllipsisType | None = None,
        *,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Array[_S, _F]: ...
    @overload
    def __call__(
        self,
        x: _Integers[_S] | _F | _Weak,
        t: _Array[_S, _F],
        /,
        out: EllipsisType | None = None,
        *,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Array[_S, _F]: ...
    @overload
    def __call__(
        self,
        x: _AsDouble,
        t: _AsDouble,
        /,
        out: EllipsisType | None = None,
        *,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        t: _Like,
        /,
        out: EllipsisType | None = None,
        *,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Floats: ...
    @overload
    def __call__(
        self, x: _Real, t: _Real, /, out: None = None, *, dtype: _ToDType[_F], **kwargs: Unpack[_ForScalars]
    ) -> _F: ...
    @overload
    def __call__(
        self, x: _Real, t: _Real, /, out: None = None, *, dtype: _To64, **kwargs: Unpack[_ForScalars]
    ) -> np.float64: ...
    @overload
    def __call__(
        self, x: _Real, t: _Real, /, out: None = None, *, dtype: _To32, **kwargs: Unpack[_ForScalars]
    ) -> np.float32: ...
    @overload
    def __call__(
        self, x: _Real, t: _Real, /, out: None = None, *, dtype: _ToOther, **kwargs: Unpack[_ForScalars]
    ) -> np.floating[Any]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        t: _Like,
        /,
        out: EllipsisType | None = None,
        *,
        dtype: _ToDType[_F],
        **kwargs: Unpack[_ForArrays],
    ) -> npt.NDArray[_F]: ...
    @overload
    def __call__(
        self, x: _Like, t: _Like, /, out: EllipsisType | None = None, *, dtype: _To64, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(
        self, x: _Like, t: _Like, /, out: EllipsisType | None = None, *, dtype: _To32, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.float32]: ...
    @overload
    def __call__(
        self, x: _Like, t: _Like, /, out: EllipsisType | None = None, *, dtype: _ToOther, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.floating[Any]]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        /,
        out: _Out | tuple[_Out],
        *,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Out: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        /,
        out: _Outs | None = None,
        *,
        signature: str | tuple[npt.DTypeLike | None, npt.DTypeLike | None, npt.DTypeLike | None],
        **kwargs: Unpack[_ForArrays],
    ) -> Any: ...
    @overload
    def __call__(
        self,
        x: _Foreign,
        t: _Operand,
        /,
        out: _Outs | None = None,
        *,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> Any: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Foreign,
        /,
        out: _Outs | None = None,
        *,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> Any: ...
    @overload
    def outer(
        self,
        a: _AsDouble,
        b: _AsDouble,
        /,
        *,
        out: EllipsisType | None = None,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> npt.NDArray[np.float64]: ...
    @overload
    def outer(
        self,
        a: npt.NDArray[_F],
        b: npt.NDArray[_F],
        /,
        *,
        out: EllipsisType | None = None,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> npt.NDArray[_F]: ...
    @overload
    def outer(
        self,
        a: _Like,
        b: _Like,
        /,
        *,
        out: EllipsisType | None = None,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Floats: ...
    @overload
    def outer(
        self,
        a: _Like,
        b: _Like,
        /,
        *,
        out: EllipsisType | None = None,
        dtype: _ToDType[_F],
        **kwargs: Unpack[_ForArrays],
    ) -> npt.NDArray[_F]: ...
    @overload
    def outer(
        self, a: _Like, b: _Like, /, *, out: EllipsisType | None = None, dtype: _To64, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.float64]: ...
    @overload
    def outer(
        self, a: _Like, b: _Like, /, *, out: EllipsisType | None = None, dtype: _To32, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.float32]: ...
    @overload
    def outer(
        self, a: _Like, b: _Like, /, *, out: EllipsisType | None = None, dtype: _ToOther, **kwargs: Unpack[_ForArrays]
    ) -> npt.NDArray[np.floating[Any]]: ...
    @overload
    def outer(
        self,
        a: _Operand,
        b: _Operand,
        /,
        *,
        out: _Out | tuple[_Out],
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Out: ...
    @overload
    def outer(
        self,
        a: _Operand,
        b: _Operand,
        /,
        *,
        out: _Outs | None = None,
        signature: str | tuple[npt.DTypeLike | None, npt.DTypeLike | None, npt.DTypeLike | None],
        **kwargs: Unpack[_ForArrays],
    ) -> Any: ...
    @overload
    def outer(
        self,
        a: _Foreign,
        b: _Operand,
        /,
        *,
        out: _Outs | None = None,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> Any: ...
    @overload
    def outer(
        self,
        a: _Operand,
        b: _Foreign,
        /,
        *,
        out: _Outs | None = None,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> Any: ...
    @overload
    def reduce(
        self,
        array: _Like,
        /,
        axis: SupportsIndex | tuple[SupportsIndex, ...] | None = 0,
        dtype: _ToAny | None = None,
        *,
        out: _Out | tuple[_Out],
        keepdims: bool = False,
        initial: _Real = ...,
        where: _Where = True,
    ) -> _Out: ...
    @overload
    def reduce(
        self,
        array: npt.NDArray[_F],
        /,
        axis: SupportsIndex | tuple[SupportsIndex, ...] | None = 0,
        dtype: None = None,
        out: EllipsisType | None = None,
        *,
        keepdims: Literal[True],
        initial: _Real = ...,
        where: _Where = True,
    ) -> npt.NDArray[_F]: ...
    @overload
    def reduce(
        self,
        array: _Operand,
        /,
        axis: SupportsIndex | tuple[SupportsIndex, ...] | None = 0,
        dtype: _ToAny | None = None,
        out: EllipsisType | None = None,
        keepdims: bool = False,
        initial: _Real = ...,
        where: _Where = True,
    ) -> Any: ...
    @overload
    def accumulate(
        self, array: _Like, /, axis: SupportsIndex = 0, dtype: _ToAny | None = None, *, out: _Out | tuple[_Out]
    ) -> _Out: ...
    @overload
    def accumulate(
        self, array: _Array[_S, _F], /, axis: SupportsIndex = 0, dtype: None = None, out: EllipsisType | None = None
    ) -> _Array[_S, _F]: ...
    @overload
    def accumulate(
        self, array: _Integers[_S], /, axis: SupportsIndex = 0, dtype: None = None, out: EllipsisType | None = None
    ) -> _Array64[_S]: ...
    @overload
    def accumulate(
        self, array: _AsDouble, /, axis: SupportsIndex = 0, dtype: None = None, out: EllipsisType | None = None
    ) -> npt.NDArray[np.float64]: ...
    @overload
    def accumulate(
        self, array: _Like, /, axis: SupportsIndex = 0, dtype: _ToAny | None = None, out: EllipsisType | None = None
    ) -> _Floats: ...
    @overload
    def accumulate(
        self,
        array: _Foreign,
        /,
        axis: SupportsIndex = 0,
        dtype: _ToAny | None = None,
        out: _Outs | EllipsisType | None = None,
    ) -> Any: ...
    @overload
    def reduceat(
        self,
        array: _Like,
        /,
        indices: _Nested[int] | npt.NDArray[np.integer[Any]],
        axis: SupportsIndex = 0,
        dtype: _ToAny | None = None,
        *,
        out: _Out | tuple[_Out],
    ) -> _Out: ...
    @overload
    def reduceat(
        self,
        array: _Array[_S, _F],
        /,
        indices: _Nested[int] | npt.NDArray[np.integer[Any]],
        axis: SupportsIndex = 0,
        dtype: None = None,
        out: EllipsisType | None = None,
    ) -> _Array[_S, _F]: ...
    @overload
    def reduceat(
        self,
        array: _Integers[_S],
        /,
        indices: _Nested[int] | npt.NDArray[np.integer[Any]],
        axis: SupportsIndex = 0,
        dtype: None = None,
        out: EllipsisType | None = None,
    ) -> _Array64[_S]: ...
    @overload
    def reduceat(
        self,
        array: _AsDouble,
        /,
        indices: _Nested[int] | npt.NDArray[np.integer[Any]],
        axis: SupportsIndex = 0,
        dtype: None = None,
        out: EllipsisType | None = None,
    ) -> npt.NDArray[np.float64]: ...
    @overload
    def reduceat(
        self,
        array: _Like,
        /,
        indices: _Nested[int] | npt.NDArray[np.integer[Any]],
        axis: SupportsIndex = 0,
        dtype: _ToAny | None = None,
        out: EllipsisType | None = None,
    ) -> _Floats: ...
    @overload
    def reduceat(
        self,
        array: _Foreign,
        /,
        indices: _Nested[int] | npt.NDArray[np.integer[Any]],
        axis: SupportsIndex = 0,
        dtype: _ToAny | None = None,
        out: _Outs | EllipsisType | None = None,
    ) -> Any: ...
    def at(self, a: _Floats, indices: _Indices, b: _Operand, /) -> None: ...

@type_check_only
class TwoToTwo(np.ufunc):  # type: ignore[misc]  # NumPy calls ufunc final
    """`logistic_loss_gradient_hessian` and its like: two inputs, two outputs."""

    @property
    def nin(self) -> Literal[2]: ...
    @property
    def nout(self) -> Literal[2]: ...
    @property
    def nargs(self) -> Literal[4]: ...
    @property
    def ntypes(self) -> Literal[4]: ...
    @property
    def identity(self) -> None: ...
    @property
    def signature(self) -> None: ...
    @overload
    def __call__(
        self,
        x: _UpTo64,
        t: np.float64,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.float64]: ...
    @overload
    def __call__(
        self,
        x: np.float64,
        t: _UpTo64,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.float64]: ...
    @overload
    def __call__(
        self,
        x: _F,
        t: _F | _Weak,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[_F]: ...
    @overload
    def __call__(
        self,
        x: _Weak,
        t: _F,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[_F]: ...
    @overload
    def __call__(
        self,
        x: _Weak,
        t: _Weak,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.float64]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        t: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.floating[Any]]: ...
    @overload
    def __call__(
        self,
        x: _ArrayUpTo64[_S],
        t: np.float64 | _Array64[_S],
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Array64[_S]]: ...
    @overload
    def __call__(
        self,
        x: np.float64 | _Array64[_S],
        t: _ArrayUpTo64[_S],
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Array64[_S]]: ...
    @overload
    def __call__(
        self,
        x: _Array[_S, _F],
        t: _Array[_S, _F] | _Integers[_S] | _F | _Weak,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Array[_S, _F]]: ...
    @overload
    def __call__(
        self,
        x: _Integers[_S] | _F | _Weak,
        t: _Array[_S, _F],
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Array[_S, _F]]: ...
    @overload
    def __call__(
        self,
        x: _AsDouble,
        t: _AsDouble,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        t: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Floats]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        t: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: _ToDType[_F],
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[_F]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        t: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: _To64,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.float64]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        t: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: _To32,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.float32]: ...
    @overload
    def __call__(
        self,
        x: _Real,
        t: _Real,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] = ...,
        dtype: _ToOther,
        **kwargs: Unpack[_ForScalars],
    ) -> _Pair[np.floating[Any]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        t: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _ToDType[_F],
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[_F]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        t: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _To64,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        t: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _To32,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float32]]: ...
    @overload
    def __call__(
        self,
        x: _Like,
        t: _Like,
        out1: None = None,
        out2: None = None,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _ToOther,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.floating[Any]]]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        out1: _Out1,
        out2: _Out2,
        /,
        *,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Out1, _Out2]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        /,
        *,
        out: tuple[_Out1, _Out2],
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Out1, _Out2]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        out1: None,
        out2: _Out2,
        /,
        *,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Floats, _Out2]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        /,
        *,
        out: tuple[None, _Out2],
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Floats, _Out2]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        out1: _Out1,
        out2: None = None,
        /,
        *,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Out1, _Floats]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        /,
        *,
        out: tuple[_Out1, None],
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Out1, _Floats]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Operand,
        out1: _Maybe = None,
        out2: _Maybe = None,
        /,
        *,
        out: _Pair[_Maybe] = ...,
        signature: str | tuple[npt.DTypeLike | None, npt.DTypeLike | None, npt.DTypeLike | None, npt.DTypeLike | None],
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[Any]: ...
    @overload
    def __call__(
        self,
        x: _Foreign,
        t: _Operand,
        out1: _Maybe = None,
        out2: _Maybe = None,
        /,
        *,
        out: _Pair[_Maybe] = ...,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[Any]: ...
    @overload
    def __call__(
        self,
        x: _Operand,
        t: _Foreign,
        out1: _Maybe = None,
        out2: _Maybe = None,
        /,
        *,
        out: _Pair[_Maybe] = ...,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[Any]: ...
    @overload
    def outer(
        self,
        a: _AsDouble,
        b: _AsDouble,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float64]]: ...
    @overload
    def outer(
        self,
        a: npt.NDArray[_F],
        b: npt.NDArray[_F],
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[_F]]: ...
    @overload
    def outer(
        self,
        a: _Like,
        b: _Like,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[_Floats]: ...
    @overload
    def outer(
        self,
        a: _Like,
        b: _Like,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _ToDType[_F],
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[_F]]: ...
    @overload
    def outer(
        self,
        a: _Like,
        b: _Like,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _To64,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float64]]: ...
    @overload
    def outer(
        self,
        a: _Like,
        b: _Like,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _To32,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.float32]]: ...
    @overload
    def outer(
        self,
        a: _Like,
        b: _Like,
        /,
        *,
        out: _Pair[None] | EllipsisType = ...,
        dtype: _ToOther,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[npt.NDArray[np.floating[Any]]]: ...
    @overload
    def outer(
        self,
        a: _Operand,
        b: _Operand,
        /,
        *,
        out: tuple[_Out1, _Out2],
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Out1, _Out2]: ...
    @overload
    def outer(
        self,
        a: _Operand,
        b: _Operand,
        /,
        *,
        out: tuple[None, _Out2],
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Floats, _Out2]: ...
    @overload
    def outer(
        self,
        a: _Operand,
        b: _Operand,
        /,
        *,
        out: tuple[_Out1, None],
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> tuple[_Out1, _Floats]: ...
    @overload
    def outer(
        self,
        a: _Operand,
        b: _Operand,
        /,
        *,
        out: _Pair[_Maybe] = ...,
        signature: str | tuple[npt.DTypeLike | None, npt.DTypeLike | None, npt.DTypeLike | None, npt.DTypeLike | None],
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[Any]: ...
    @overload
    def outer(
        self,
        a: _Foreign,
        b: _Operand,
        /,
        *,
        out: _Pair[_Maybe] = ...,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[Any]: ...
    @overload
    def outer(
        self,
        a: _Operand,
        b: _Foreign,
        /,
        *,
        out: _Pair[_Maybe] = ...,
        dtype: _ToAny | None = None,
        **kwargs: Unpack[_ForArrays],
    ) -> _Pair[Any]: ...
    def at(self, a: Never, indices: Never, /) -> NoReturn: ...
    def reduce(self, array: Never, /) -> NoReturn: ...
    def accumulate(self, array: Never, /) -> NoReturn: ...
    def reduceat(self, array: Never, /, indices: Never) -> NoReturn: ...
