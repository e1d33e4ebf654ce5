"""Arrow's categories as numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]


def indices(encoded: pa.DictionaryArray) -> Ints:
    """Each value's place in the dictionary, missing −1."""
    return np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def as_dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """One dictionary over all chunks."""
    column = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    joined = column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
