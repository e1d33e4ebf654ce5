"""Hashes against equality itself."""

import numpy as np
import pyarrow as pa
import pytest

from creditscore.events.hashing import hashes, mixed, repeated


def test_equal_values_have_equal_hashes_whatever_their_chunks():
    texts = ["", "a", "药", "a", "ab"]
    whole, parts = pa.chunked_array([texts]), pa.chunked_array([texts[:2], texts[2:]])
    assert hashes(whole).tolist() == hashes(parts).tolist()
    assert hashes(whole)[1] == hashes(whole)[3]
    assert len(set(hashes(whole).tolist())) == 4


def test_a_slice_hashes_as_its_own_rows():
    texts = pa.chunked_array([["x", "y", "z"]])
    assert hashes(texts.slice(1)).tolist() == hashes(pa.chunked_array([["y", "z"]])).tolist()


def test_mixing_is_splitmix64s():
    # the first two numbers that its reference generator gives from state 0
    assert [mixed(np.uint64(state)) for state in (0, 0x9E3779B97F4A7C15)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_texts_that_differ_in_a_byte_or_in_their_length_differ():
    texts = ["", "a", "b", "a\0", "12345678", "123456789", "12345678\0", "药" * 9, "药" * 8 + "方"]
    assert len(set(hashes(pa.chunked_array([texts])).tolist())) == len(texts)


def test_a_dictionarys_values_are_hashed_as_texts_are():
    texts = pa.chunked_array([["x", None, "y", "x"]])
    assert hashes(texts.dictionary_encode()).tolist()[::2] == hashes(texts).tolist()[::2]


@pytest.mark.parametrize("seed", range(5))
def test_repeated_rows_are_those_that_agree_in_every_key(seed):
    draw = np.random.default_rng(seed)
    names, numbers = [f"n{i}" for i in draw.integers(0, 15, 80)], draw.integers(0, 6, 80)
    pairs = list(zip(names, numbers.tolist(), strict=True))
    expected = [i for i, pair in enumerate(pairs) if pairs.count(pair) > 1]
    assert repeated([pa.chunked_array([names]), pa.chunked_array([numbers])]).tolist() == expected


def test_nothing_is_repeated_among_nothing():
    assert repeated([pa.chunked_array([], pa.string())]).tolist() == []
