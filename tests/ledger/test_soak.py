"""A short form of the soak: writers killed at random moments lose nothing."""

import numpy as np

from tests.soak.ledger import killed, tampered


def test_what_is_acknowledged_is_there_after_kills(tmp_path):
    found = killed(tmp_path, 3, 6, np.random.default_rng(7))
    assert (found["lost"], found["broken_chains"], found["kills"]) == (0, 0, 6)
    assert found["kept"] >= found["acknowledged"] > 0


def test_tamperings_are_counted_by_their_way(tmp_path):
    found = tampered(tmp_path, 12, np.random.default_rng(7))
    assert (found["tamperings"], found["not_found"]) == (12, 0)
    assert set(found["ways"].values()) == {(2, 0)}
