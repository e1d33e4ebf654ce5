"""Training with the features in a file gives the bytes of training with them in memory."""

import pytest

from creditscore.features.matrix_file import MatrixFile
from creditscore.scorecard import save
from creditscore.training import chosen_features, fit, prepare, prepared, reading
from tests.conftest import SAMPLE


@pytest.fixture(scope="module")
def in_a_file(sample_config, tmp_path_factory):
    config = sample_config.model_copy(update={"memory_limit": "1GiB"})
    scratch = tmp_path_factory.mktemp("scratch")
    with reading(config, SAMPLE) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared, "_SHARE", 1_000_000)
        found = prepare(config, store, chosen_features(config), scratch)
    return config, found


def test_the_features_are_in_a_file(in_a_file):
    _, found = in_a_file
    assert isinstance(found.matrix, MatrixFile)
    assert found.matrix.shape[1] == len(found.features)


def test_the_scorecard_and_all_scores_are_the_same(in_a_file, trained, card_path, tmp_path):
    found = fit(*in_a_file)
    save(found.card, tmp_path / "again.scorecard")
    assert (tmp_path / "again.scorecard").read_bytes() == card_path.read_bytes()
    by_id = trained.scored.set_index("application_id")
    assert found.scored.set_index("application_id").loc[by_id.index].equals(by_id)
