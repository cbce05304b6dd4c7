"""How kernels are compiled: without the interpreter lock, kept on disk; the one user of numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def compiled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return `function` compiled: without the interpreter lock, kept on disk between runs.

    Arithmetic stays that of IEEE 754, in the order in which it is written: the same numbers on
    every run.
    """
    decorate = njit(nogil=True, cache=True, error_model="numpy")
    return cast("Callable[Parameters, Result]", decorate(function))


def inlined(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return `function` compiled into whatever compiled function calls it.

    For small parts of inner loops: a call hands over a tuple of arrays one by one, which costs more
    than the work there.
    """
    decorate = njit(nogil=True, cache=True, error_model="numpy", inline="always")
    return cast("Callable[Parameters, Result]", decorate(function))
