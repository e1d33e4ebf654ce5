"""Compilation: kept on disk where there is a place, in memory with one warning where there is none."""

from pathlib import Path

import numba
import pytest

from creditscore.compiled import compiled


def doubled(x):
    return 2 * x


def without_a_file():
    """A function of no file, for which Numba finds no place to keep its code."""
    namespace = {}
    exec("def doubled(x):\n    return 2 * x", namespace)
    return namespace["doubled"]


def test_a_function_of_a_file_is_kept_on_disk_without_the_gil():
    function = compiled(doubled)
    assert function(21) == 42
    assert any(Path(function.stats.cache_path).glob("test_compiled.doubled-*.nbi"))
    assert function.targetoptions["nogil"]


def test_where_there_is_no_place_it_compiles_in_memory_with_a_warning():
    with pytest.warns(RuntimeWarning, match="set NUMBA_CACHE_DIR to a writable folder") as warned:
        function = compiled(without_a_file())
    assert len(warned) == 1
    assert warned[0].filename == __file__
    assert function(21) == 42


def test_another_failure_is_not_taken_for_a_missing_place(monkeypatch):
    def fails(**_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(numba, "njit", fails)
    with pytest.raises(RuntimeError, match="out of memory"):
        compiled(doubled)
