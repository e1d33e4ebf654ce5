"""Duplicates against a plain loop."""

from collections import defaultdict

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.events.duplicates import duplicates

rows = st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.none() | st.integers(0, 2))


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, max_size=20))
def test_all_but_the_smallest_of_each_key_are_marked(found):
    names, numbers, contents = zip(*found, strict=True) if found else ((), (), ())
    table = pa.table({
        "name": pa.array(names, pa.string()),
        "number": pa.array(numbers, pa.int64()),
        "content": pa.array(contents, pa.int64()),
        "row": pa.array(range(len(found)), pa.int64()),
    })  # fmt: skip
    groups = defaultdict(list)
    for i, (name, number, content) in enumerate(found):
        groups[name, number].append((content is None, content or 0, i))
    kept = {min(group)[2] for group in groups.values()}
    mask = duplicates(table, [table["name"], table["number"]])
    assert mask.tolist() == [i not in kept for i in range(len(found))]
