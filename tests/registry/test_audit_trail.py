"""What was done past `promote` is told."""

from creditscore.registry import history, promote
from tests.registry.made import QUIET

from mlflow.tracking import MlflowClient  # isort: skip

pytestmark = QUIET


def test_an_alias_moved_by_hand_is_told_and_can_be_put_on_record(two):
    store, name, reports = two
    client = MlflowClient(tracking_uri=store)
    client.set_registered_model_alias(name, "champion", "2")
    assert history(store, name).unrecorded() == ["champion"]
    promote(store, name, "2", "champion", approver="A", report=reports[1])
    assert history(store, name).unrecorded() == []
    client.delete_registered_model_alias(name, "champion")
    assert history(store, name).unrecorded() == ["champion"]
