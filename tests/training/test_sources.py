"""What a config names is read from the folder that it names."""

import pyarrow as pa
import pyarrow.parquet as pq

from creditscore.config import TrainConfig
from creditscore.training.sources import read_consents
from tests.conftest import SAMPLE

RECORD = {
    "who": "b1",
    "purpose": "credit",
    "family": "trips",
    "recipient": "agency",
    "separate": True,
    "given_at": "2024-01-01T00:00:00Z",
}


def test_consents_are_read_from_the_events_folder_with_their_own_names(sample_config, tmp_path):
    pq.write_table(pa.Table.from_pylist([RECORD]), tmp_path / "agreed.parquet")
    plain = sample_config.model_dump(mode="json", by_alias=True, exclude_unset=True)
    plain["events"]["consents"] = [{"files": "agreed.parquet", "columns": {"borrower_id": "who"}}]
    plain["consent"] = {"purpose": "credit", "recipient": "agency"}
    found = read_consents(TrainConfig.model_validate(plain), SAMPLE, tmp_path)
    assert found.table["borrower_id"].to_pylist() == ["b1"]
    assert found.table["family"].to_pylist() == ["trips"]


def test_without_any_there_are_none(sample_config):
    assert read_consents(sample_config, SAMPLE) is None
