"""The one file: the same bytes, verified, refused where it is not whole."""

import dataclasses
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from creditscore.errors import ScorecardError
from creditscore.scorecard import load, save
from creditscore.scorecard.archive import MANIFEST
from creditscore.scorecard.content import CONTENT, MODEL, to_parts
from creditscore.scorecard.file import manifest_of
from creditscore.scoring.assess import assess, to_table


def test_scores_are_bit_identical_after_save_and_load(trained, card, prepared):
    before, after = (to_table(one, assess(one, prepared.matrix)) for one in (trained.card, card))
    assert before.equals(after)
    assert (
        assess(trained.card, prepared.matrix).unrounded.tobytes() == assess(card, prepared.matrix).unrounded.tobytes()
    )


def test_the_same_card_gives_the_same_bytes(trained, card_path, tmp_path):
    save(trained.card, tmp_path / "again.scorecard")
    assert (tmp_path / "again.scorecard").read_bytes() == card_path.read_bytes()


def test_saving_what_was_loaded_gives_the_same_bytes(card, card_path, tmp_path):
    save(card, tmp_path / "again.scorecard")
    assert (tmp_path / "again.scorecard").read_bytes() == card_path.read_bytes()


def test_training_twice_gives_the_same_bytes(sample_config, prepared, card_path, tmp_path):
    from creditscore.training import fit

    save(fit(sample_config, prepared).card, tmp_path / "again.scorecard")
    assert (tmp_path / "again.scorecard").read_bytes() == card_path.read_bytes()


def test_features_come_back_equal(trained, card):
    assert card.features == trained.card.features


def test_the_digest_pins_the_file(card, card_path):
    assert load(card_path, digest=card.digest).digest == card.digest
    with pytest.raises(ScorecardError, match="not the one asked for"):
        load(card_path, digest="sha256:" + "0" * 64)


def test_it_holds_stored_parts_of_1980(card_path):
    with zipfile.ZipFile(card_path) as file:
        named = [entry.filename for entry in file.infolist()]
        assert named == [MANIFEST, CONTENT, MODEL, "references/cut_off", "references/all"]
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.compress_type for entry in file.infolist()} == {zipfile.ZIP_STORED}


def test_it_holds_no_borrower_and_no_path(card_path, prepared):
    text = card_path.read_bytes()
    ids = prepared.applications["borrower_id"].to_pylist()[:200]
    assert not any(str(identity).encode() in text for identity in ids)
    assert str(Path(__file__).parents[2]).encode() not in text
    assert b"num_threads" not in text


def test_every_flipped_byte_is_refused_or_scores_the_same(card, card_path, prepared, tmp_path):
    whole, path = card_path.read_bytes(), tmp_path / "flipped.scorecard"
    expected = assess(card, prepared.matrix[:5]).unrounded
    draw = np.random.default_rng(1)
    refused = 0
    for at in draw.integers(0, len(whole), 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << draw.integers(8))]) + whole[at + 1 :])
        try:
            found = assess(load(path), prepared.matrix[:5]).unrounded
        except ScorecardError:
            refused += 1
        else:
            assert found.tobytes() == expected.tobytes()
    assert refused > 50


@pytest.mark.parametrize("length", [0, 10, 1_000, -100])
def test_a_cut_file_is_refused(card_path, tmp_path, length):
    (tmp_path / "cut.scorecard").write_bytes(card_path.read_bytes()[:length])
    with pytest.raises(ScorecardError, match="not a whole scorecard"):
        load(tmp_path / "cut.scorecard")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScorecardError, match="no such scorecard file"):
        load(tmp_path / "none.scorecard")


def _rewritten(card, tmp_path, **changes):
    """A card whose content was changed and whose manifest fits again, as an attacker would write it."""
    parts = to_parts(card)
    parts[CONTENT] = json.dumps(json.loads(parts[CONTENT]) | changes).encode()
    path = tmp_path / "rewritten.scorecard"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in {MANIFEST: manifest_of(parts), **parts}.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, "update creditscore"),
        ({"features": []}, "features are not the scorecard's"),
        ({"features": [{"name": 1}]}, "malformed"),
        ({"calibration": {"intercept": 0.0, "slope": -1.0, "shifts": [0.0] * 8}}, "above 0"),
        ({"calibration": {"intercept": 0.0, "slope": 1.0, "shifts": [0.0] * 4}}, "one for each pattern"),
        ({"calibration": {"intercept": "x", "slope": 1.0, "shifts": [0.0] * 8}}, "malformed"),
        ({"scale": {}}, "malformed"),
        ({"codes": []}, "not worded"),
        ({"references": []}, "not those in the file"),
        ({"grades": {"names": ["A"], "upper": [0.5, 0.1]}}, "rising"),
    ],
)
def test_wrong_content_is_refused(card, tmp_path, changes, message):
    with pytest.raises(ScorecardError, match=message):
        load(_rewritten(card, tmp_path, **changes))


def test_further_or_compressed_parts_are_refused(card_path, tmp_path):
    with zipfile.ZipFile(card_path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(tmp_path / "more.scorecard", "w") as file:
        for name, data in {**parts, "extra.py": b"print(1)"}.items():
            file.writestr(name, data)
    with zipfile.ZipFile(tmp_path / "packed.scorecard", "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    with pytest.raises(ScorecardError, match="and nothing else"):
        load(tmp_path / "more.scorecard")
    with pytest.raises(ScorecardError, match="compressed"):
        load(tmp_path / "packed.scorecard")


def test_a_model_of_other_features_is_refused(card, tmp_path):
    renamed = dataclasses.replace(card, model=card.model.replace(card.features[0].name, "another", 1))
    with pytest.raises(ScorecardError):
        load(_rewritten(renamed, tmp_path))
