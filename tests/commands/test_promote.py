"""The command, as an agency's model risk officer runs it."""

import pytest

from creditscore.__main__ import main
from creditscore.registry import log_run
from creditscore.training import example_of

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)


@pytest.fixture(scope="module")
def registered(tmp_path_factory, card_path, prepared):
    """A store with two versions of a model, of a report each."""
    folder = tmp_path_factory.mktemp("promote")
    store = f"sqlite:///{folder / 'mlflow.db'}"
    for number in ("1", "2"):
        (folder / f"report_{number}.html").write_text(f"<p>{number}</p>", encoding="utf-8")
        log_run(card_path, folder / f"report_{number}.html", store, "made", "made", {}, {}, [], example_of(prepared))
    return folder, store


def promoted(registered, number, to, *more, which="--version", approver="Wang Fang"):
    folder, store = registered
    report = str(folder / f"report_{number}.html")
    return main(["promote", store, "made", which, number if which == "--version" else "candidate", "--to", to,
                 "--approver", approver, "--report", report, *more])  # fmt: skip


def test_promotions_are_told_and_shown_as_a_history(registered, capsys):
    assert promoted(registered, "1", "champion", "--note", "the first") == 0
    told = capsys.readouterr().out
    assert "made version 1 to champion\n    approver   Wang Fang\n    report     sha256:" in told
    assert "note       the first" in told
    assert promoted(registered, "2", "challenger", which="--alias") == 0
    assert promoted(registered, "2", "champion", approver="李伟") == 0
    assert "made version 2 to champion, in place of version 1" in capsys.readouterr().out
    assert main(["promote", registered[1], "made", "--history"]) == 0
    shown = capsys.readouterr().out
    heads = [line.partition("  ")[2] for line in shown.splitlines() if line.startswith("20")]
    assert heads == [
        "made version 1 to champion",
        "made version 2 to challenger",
        "made version 2 to champion, in place of version 1",
    ]
    assert shown.count("champion   until 20") == 1
    assert shown.count("champion   until today") == 1
    assert shown.endswith("champion       version 2\n")


@pytest.mark.parametrize("missing", ["--version", "--to", "--approver", "--report"])
def test_a_promotion_without_all_that_it_needs_is_refused(registered, capsys, missing):
    folder, store = registered
    given = {"--version": "1", "--to": "champion", "--approver": "A", "--report": str(folder / "report_1.html")}
    del given[missing]
    assert main(["promote", store, "made", *(word for pair in given.items() for word in pair)]) == 2
    assert f"error: give {missing}; a promotion needs" in capsys.readouterr().err


def test_another_versions_report_is_one_clear_error(registered, capsys):
    folder, store = registered
    report = str(folder / "report_2.html")
    words = ["--version", "1", "--to", "champion", "--approver", "A", "--report", report]
    assert main(["promote", store, "made", *words]) == 2
    error = capsys.readouterr().err
    assert "the report given is not the one of its training" in error
    assert len(error.strip().splitlines()) == 1


def test_an_alias_set_past_the_command_fails_the_check(registered, capsys):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=registered[1], registry_uri=registered[1])
    client.set_registered_model_alias("made", "challenger", "1")
    assert main(["promote", registered[1], "made", "--history"]) == 1
    assert "not recorded   challenger was given or taken away without this command" in capsys.readouterr().out


def test_a_store_that_is_not_there_is_not_made(tmp_path, capsys):
    assert main(["promote", f"sqlite:///{tmp_path / 'none.db'}", "made", "--history"]) == 2
    assert "no such file" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
