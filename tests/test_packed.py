"""Arrays as one: what is taken out is what was put in, of every kind and size."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from creditscore.packed import pack, part

KINDS = (np.int64, np.uint64, np.float64, np.uint32, np.uint16, np.bool_)


@given(st.lists(st.sampled_from(KINDS).flatmap(lambda kind: arrays(kind, st.integers(0, 9))), min_size=1, max_size=8))
def test_what_is_taken_out_is_what_was_put_in(given):
    packed = pack(given)
    for i, array in enumerate(given):
        found = part(packed, i, array.dtype)
        assert found.dtype == array.dtype
        assert found.tobytes() == array.tobytes()


def test_a_table_is_laid_out_by_row():
    table = np.arange(6).reshape(3, 2).T
    assert part(pack([table]), 0, np.int64).tolist() == [0, 2, 4, 1, 3, 5]


def test_what_is_taken_out_is_no_copy():
    packed = pack([np.zeros(3), np.zeros(2, np.uint16)])
    part(packed, 0, np.float64)[1] = 7.0
    assert part(packed, 0, np.float64).tolist() == [0.0, 7.0, 0.0]
    assert part(packed, 1, np.uint16).tolist() == [0, 0]
