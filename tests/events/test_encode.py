"""Words and their numbers, whatever the chunks and however they are shared between threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.events.encode import Vocabulary, as_dictionary, by_appearance, in_one, indices

TEXTS = st.lists(st.text(max_size=12) | st.sampled_from(["12345678", "123456789", "1234567", "12345678\0", "药" * 3]))


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_vocabulary_numbers_words_as_they_come_and_gives_every_text_back(chunks):
    vocabulary = Vocabulary()
    encoded = [vocabulary.encoded(pa.chunked_array([pa.array(texts, pa.string())])) for texts in chunks]
    for texts, column in zip(chunks, encoded, strict=True):
        assert column.to_pylist() == texts
    words = encoded[-1].chunk(0).dictionary.to_pylist()
    assert words == list(dict.fromkeys(text for texts in chunks for text in texts))


def test_dictionaries_and_missing_texts_are_numbered_too():
    vocabulary = Vocabulary()
    missing = vocabulary.encoded(pa.chunked_array([["b", None, "a"]]))
    assert missing.to_pylist() == ["b", None, "a"]
    again = vocabulary.encoded(pa.chunked_array([pa.array(["a", None, "c", "b"]).dictionary_encode()]))
    assert again.to_pylist() == ["a", None, "c", "b"]
    assert again.chunk(0).dictionary.to_pylist() == ["b", "a", "c"]


def test_many_words_on_many_threads_are_all_there_once():
    texts = [f"borrower {i}" for i in range(20_000)]
    draw = np.random.default_rng(1)
    runs = [pa.chunked_array([draw.permutation(texts).tolist()]) for _ in range(8)]
    vocabulary = Vocabulary()
    with ThreadPoolExecutor(4) as pool:
        encoded = list(pool.map(vocabulary.encoded, runs))
    assert all(one.cast(pa.string()).equals(run) for one, run in zip(encoded, runs, strict=True))
    whole = as_dictionary(pa.chunked_array([chunk for one in encoded for chunk in one.chunks]))
    assert sorted(whole.dictionary.to_pylist()) == sorted(texts)


@pytest.mark.parametrize("seed", range(5))
def test_one_dictionary_says_the_same_whatever_the_chunks_dictionaries(seed):
    draw = np.random.default_rng(seed)
    texts = [None if i == 0 else f"w{i}" for i in draw.integers(0, 9, 60)]
    chunks = [pa.array(texts[first : first + 20], pa.string()).dictionary_encode() for first in (0, 20, 40)]
    column = pa.chunked_array(chunks)
    assert as_dictionary(column).to_pylist() == texts
    assert as_dictionary(pa.chunked_array([texts])).to_pylist() == texts
    tidy = by_appearance(column)
    assert tidy.to_pylist() == texts
    assert tidy.dictionary.to_pylist() == list(dict.fromkeys(text for text in texts if text is not None))


def test_words_that_do_not_occur_leave_the_dictionary():
    encoded = pa.DictionaryArray.from_arrays(pa.array([2, None, 0, 2], pa.int32()), ["a", "b", "c"])
    tidy = by_appearance(pa.chunked_array([encoded]))
    assert (tidy.to_pylist(), tidy.dictionary.to_pylist()) == (["c", None, "a", "c"], ["c", "a"])
    assert indices(tidy).tolist() == [0, -1, 1, 0]


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.timestamp("us", "UTC"), pa.float64(), pa.string()])
def test_chunks_become_one(kind):
    chunks = [pa.array([1, 2]), pa.array([], pa.int64()), pa.array([3])]
    column = pa.chunked_array(chunks).cast(kind)
    assert in_one(column).equals(column.combine_chunks())


def test_no_chunks_at_all_are_an_empty_column():
    assert as_dictionary(pa.chunked_array([], pa.dictionary(pa.int32(), pa.string()))).to_pylist() == []
    assert in_one(pa.chunked_array([], pa.int64())).to_pylist() == []
