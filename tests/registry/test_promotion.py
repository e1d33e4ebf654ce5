"""Who may become challenger and champion, in a file and on a server."""

import hashlib
import json
from pathlib import Path

import pytest

from creditscore.errors import InputError
from creditscore.registry import history, promote
from tests.registry.made import QUIET, holders

import mlflow  # isort: skip  its warnings are silenced where creditscore.registry imports it first
from mlflow.tracking import MlflowClient  # isort: skip

pytestmark = QUIET


@pytest.fixture(params=["file", "server"])
def place(request, recorded):
    """A store, and the name of a model that is in no other."""
    store = recorded.store if request.param == "file" else request.getfixturevalue("server")
    return store, f"moved-{request.param}"


def test_candidate_challenger_champion_and_back(place, made):
    store, name = place
    reports = {number: made.report(f"report {number}") for number in ("1", "2")}
    for number in reports:
        made.log(store, name=name, experiment=name, report_path=reports[number])
    promote(store, name, "1", "champion", approver="Wang Fang", report=reports["1"])
    assert holders(store, name) == {"candidate": "2", "champion": "1"}
    promote(store, name, "candidate", "challenger", approver="Li Wei", report=reports["2"])
    assert holders(store, name) == {"challenger": "2", "champion": "1"}
    entry = promote(store, name, "challenger", "champion", approver=" 李伟 ", report=reports["2"], note="better KS")
    assert holders(store, name) == {"champion": "2"}
    back = promote(store, name, "1", "champion", approver="Wang Fang", report=reports["1"])
    assert holders(store, name) == {"champion": "1"}
    past = history(store, name)
    told = [(one.version, one.alias, one.replaced, one.approver, one.finished) for one in past.promotions]
    assert told == [
        ("1", "champion", "", "Wang Fang", True),
        ("2", "challenger", "", "Li Wei", True),
        ("2", "champion", "1", "李伟", True),
        ("1", "champion", "2", "Wang Fang", True),
    ]
    assert past.promotions[2:] == (entry, back)
    assert (past.until(entry), past.until(back), past.unrecorded()) == (back.at, None, [])
    check_kept(store, name, entry, reports["2"])


def check_kept(store, name, entry, report):
    """The version's tags and the entry's files say what the entry says, with the report that was approved."""
    client = MlflowClient(tracking_uri=store)
    tags = client.get_model_version(name, "2").tags
    assert entry.report_sha256 == tags["champion.report_sha256"] == hashlib.sha256(report.read_bytes()).hexdigest()
    assert entry.scorecard_digest == tags["champion.scorecard_digest"] == tags["scorecard_digest"]
    assert (tags["champion.approver"], tags["champion.at"], tags["champion.note"]) == ("李伟", entry.at, "better KS")
    assert (tags["champion.version"], tags["champion.replaced"], tags["champion.entry"]) == ("2", "1", entry.run_id)
    assert tags["challenger.approver"] == "Li Wei"
    assert entry.at.endswith("+00:00")
    assert Path(client.download_artifacts(entry.run_id, report.name)).read_bytes() == report.read_bytes()
    kept = json.loads(Path(client.download_artifacts(entry.run_id, "promotion.json")).read_text(encoding="utf-8"))
    assert kept == entry.facts()


def test_another_report_is_refused_and_nothing_moves(two):
    store, name, reports = two
    with pytest.raises(InputError, match=r"version 1: the report given is not the one of its training: its SHA-256 is"):
        promote(store, name, "1", "champion", approver="A", report=reports[1])
    assert holders(store, name) == {"candidate": "2"}
    assert history(store, name).promotions == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"approver": " "}, "needs the name of the person"),
        ({"approver": "A\nB"}, "approver: expected one line"),
        ({"note": "x" * 3_000}, "note: expected one line of at most 2,000"),
        ({"to": "candidate"}, "to challenger or champion, got 'candidate'"),
        ({"version": "7"}, "version"),
        ({"version": "challenger"}, r"no version has the alias 'challenger'; there is candidate \(version 2\)"),
        ({"name": "nobody"}, "nobody"),
        ({"report": Path("none.html")}, "none.html: no such file"),
        ({"store": "sqlite:///none.db"}, "no such file; give the store that a training"),
    ],
)
def test_what_cannot_be_promoted_is_refused_in_one_line(refusing, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        promote(**(refusing | changes))
    assert len(str(caught.value).splitlines()) == 1
    assert holders(refusing["store"], refusing["name"]) == {"candidate": "2"}


@pytest.fixture(scope="module")
def refusing(recorded):
    report = recorded.made.report("refusing")
    for _ in range(2):
        recorded.made.log(recorded.store, name="refusing", report_path=report)
    return {
        "store": recorded.store,
        "name": "refusing",
        "version": "1",
        "to": "champion",
        "approver": "A",
        "report": report,
    }


def test_a_champion_is_neither_promoted_again_nor_demoted_to_challenger(two):
    store, name, reports = two
    promote(store, name, "1", "champion", approver="A", report=reports[0])
    with pytest.raises(InputError, match="version 1 is the champion already, since"):
        promote(store, name, "1", "champion", approver="B", report=reports[0])
    with pytest.raises(InputError, match="version 1 is the champion; promote another to champion first"):
        promote(store, name, "champion", "challenger", approver="B", report=reports[0])


def test_a_version_without_a_logged_report_is_refused(recorded):
    client = MlflowClient(tracking_uri=recorded.store)
    client.create_registered_model("by-hand")
    client.create_model_version("by-hand", "models:/made-card/1")
    with pytest.raises(InputError, match="its run keeps no digest of a report"):
        promote(recorded.store, "by-hand", "1", "champion", approver="A", report=recorded.made.folder / "report.html")


def test_a_failure_on_the_way_leaves_an_unfinished_entry_and_no_champion(two, monkeypatch):
    store, name, reports = two

    def fail(*_):
        raise mlflow.exceptions.MlflowException("the disk is full\nand more")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", fail)
        with pytest.raises(InputError, match="the disk is full; see that the file"):
            promote(store, name, "1", "champion", approver="A", report=reports[0])
    past = history(store, name)
    assert [one.finished for one in past.promotions] == [False]
    assert (past.unrecorded(), holders(store, name)) == ([], {"candidate": "2"})
