"""Configs: those of the project are read, and every mistake is named with its key and the fix."""

import datetime as dt
from pathlib import Path

import pytest

from creditscore.config import TrainConfig, folder_of, load_config
from creditscore.errors import ConfigError
from tests.config.plain import PLAIN, changed

CONFIGS = Path(__file__).parents[2] / "configs"
OUTCOME = {"days_past_due": 90, "months": 12, "observed_until": "2025-11-01"}


CLUSTER = {"engine": "dask", "scheduler": "tcp://h:8786"}


@pytest.mark.parametrize("name", ["sample", "berka"])
def test_the_projects_own_configs_are_read(name):
    assert load_config(CONFIGS / f"{name}.yaml").name == name


def test_the_samples_config_says_what_it_says():
    config = load_config(CONFIGS / "sample.yaml")
    assert config.events.currency == "CNY"
    assert {name: len(sources) for name, sources in config.events.tables().items()} == {
        "transactions": 3, "trips": 1, "obligations": 1, "applications": 1,
    }  # fmt: skip
    assert config.samples.calibrate.start == dt.date(2025, 3, 1)
    assert config.events.transactions[0].values["status"]["关闭"] == "cancelled"


def test_a_plain_config_has_the_defaults(write):
    config = load_config(write(PLAIN))
    assert (config.seed, config.scale.pdo, config.events.quarantine_limit, config.model.params) == (1, 40, 0.01, {})
    assert config.features.families == ["spending", "rhythm", "travel", "obligations", "history", "application"]


def test_an_outcomes_definition_is_read_with_its_defaults(write):
    assert load_config(write(PLAIN)).outcome is None
    outcome = load_config(write(changed("outcome", OUTCOME))).outcome
    assert outcome.observed_until == dt.date(2025, 11, 1)
    assert (outcome.indeterminate_days, outcome.tolerance, outcome.prefer) == (None, 0, None)
    assert (outcome.ended_unpaid, outcome.without_obligations) == ("bad", "indeterminate")


def test_trees_of_a_cluster_and_models_beside_them_keep_to_directions_alike(write):
    model = load_config(write(changed("model", {**CLUSTER, "params": {"num_leaves": 5}}))).model
    assert (model.engine, model.scheduler, model.timeout_minutes) == ("dask", "tcp://h:8786", 720)
    assert model.params == {"num_leaves": 5, "monotone_constraints_method": "basic"}
    assert load_config(write(PLAIN)).model.params == {}


def test_what_is_read_cannot_be_changed(write):
    with pytest.raises(ValueError, match="frozen"):
        load_config(write(PLAIN)).seed = 2


WRONG = {
    "a misspelt key": (changed("sede", 3), r"unknown key 'sede'; did you mean 'seed'\?"),
    "a misspelt key inside": (changed("scale.good_bad_ods", 3), r"'scale.good_bad_ods'; did you mean 'good_bad_odds'"),
    "a misspelt key of a source": (changed("events.applications", [{"files": "a", "time_zone": "UTC"}]),
                                   r"'events.applications.0.time_zone'; did you mean 'timezone'\?"),
    "a source nowhere": (changed("events.applications", [{"platform": "a"}]), "either files: … or database"),
    "a source in two places": (changed("events.applications", [{"files": "a", "database": "b", "table": "c"}]),
                               "either files: … or database: … and table: …; give one"),
    "a database without a table": (changed("events.applications", [{"database": "b"}]), "table go together"),
    "a table without a database": (changed("events.applications", [{"files": "a", "table": "b"}]), "table go together"),
    "a source's period upside down": (changed("events.applications", [{"files": "a", "period": {"from": "2024-02-01",
                             "until": "2024-01-01"}}]), "'from' .2024-02-01. is not before 'until'"),
    "a key unlike any": (changed("zzzzzz", 3), "unknown key 'zzzzzz'; remove it"),
    "a key that is a number": ({**PLAIN, 3: 4}, "3"),
    "no events": (changed("events", None), "missing key 'events'; add it"),
    "no currency": (changed("events.currency", None), "missing key 'events.currency'; add it"),
    "a currency in words": (changed("events.currency", "yuan"), "'events.currency': .*match pattern.*got 'yuan'"),
    "an unknown family": (changed("features.families", ["gossip"]), "'features.families.0': .*got 'gossip'"),
    "a horizon of no months": (changed("pd_horizon_months", 0), "'pd_horizon_months': .*greater than 0"),
    "a name with blanks": (changed("name", "My Card"), "'name': .*got 'My Card'"),
    "a range upside down": (changed("scale", {"lowest": 900, "highest": 300}), r"lowest \(900\) is not below highest"),
    "odds of nothing": (changed("scale.good_bad_odds", 0), "'scale.good_bad_odds': .*greater than 0"),
    "too much set aside": (changed("events.quarantine_limit", 1.5), "'events.quarantine_limit': .*less than or equal"),
    "a test before the training": (changed("samples.test", {"from": "2023-01-01"}), "each 'until' <= the next 'from'"),
    "samples that overlap": (changed("samples.train.until", "2024-08-01"), "train, calibrate and test must follow"),
    "training without an end": (changed("samples.train", {"from": "2024-01-01"}), "must follow each other"),
    "a test without a beginning": (changed("samples.test", {"until": "2025-01-01"}), "must follow each other"),
    "a period upside down": (changed("samples.test", {"from": "2025-01-01", "until": "2024-12-01"}),
                             r"'from' \(2025-01-01\) is not before 'until' \(2024-12-01\)"),
    "an outcome observed until nobody knows when": (changed("outcome", {"days_past_due": 90, "months": 12}),
                                                    "missing key 'outcome.observed_until'; add it"),
    "a grey zone past the bads": (changed("outcome", {**OUTCOME, "indeterminate_days": 90}),
                                  r"indeterminate_days \(90\) is not below days_past_due \(90\)"),
    "days that no window holds": (changed("outcome", {**OUTCOME, "days_past_due": 336}),
                                  "336 days past due cannot be reached within 12 months"),
    "an outcome of another horizon": (changed("outcome", {**OUTCOME, "months": 18}),
                                      r"outcome.months \(18\) and pd_horizon_months \(12\) differ"),
    "an outcome of a negative tolerance": (changed("outcome", {**OUTCOME, "tolerance": -1}),
                                           "'outcome.tolerance': .*greater than or equal to 0"),
    "an outcome that prefers neither": (changed("outcome", {**OUTCOME, "prefer": "both"}), "'outcome.prefer': .*both"),
    "a misspelt key of the outcome": (changed("outcome", {**OUTCOME, "indeterminate_day": 30}),
                                      r"did you mean 'indeterminate_days'\?"),
    "a cluster without a scheduler": (changed("model", {"engine": "dask"}), "needs a scheduler; add scheduler: tcp://"),
    "a scheduler without a cluster": (changed("model", {"scheduler": "tcp://h:8786"}), "add engine: dask, or remove"),
    "a time for a cluster without one": (changed("model.timeout_minutes", 5), "timeout_minutes is for a cluster"),
    "a scheduler's web page": (changed("model", {"engine": "dask", "scheduler": "http://h:8787"}),
                               "'model.scheduler': .*match pattern"),
    "an engine of another kind": (changed("model.engine", "spark"), "'model.engine': .*'local' or 'dask'"),
    "voting over a cluster": (changed("model", {**CLUSTER, "params": {"tree_learner": "voting"}}),
                              "params.tree_learner is set by engine: dask itself; remove it"),
    "threads of a cluster": (changed("model", {**CLUSTER, "params": {"num_threads": 4}}),
                             "params.num_threads is set by engine: dask itself"),
    "directions kept to as no cluster can": (
        changed("model", {**CLUSTER, "params": {"monotone_constraints_method": "advanced"}}),
        "monotone_constraints_method: LightGBM knows 'basic' alone over a cluster"),
    "a search beside a cluster": (changed("model", {**CLUSTER, "tune": {"trials": 5}}),
                                  "tune fits trials × folds models on this machine.* search with engine: local"),
    "a list": (["name"], "expected keys and values, got list"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_named_with_its_key_and_the_fix(case, write):
    content, fix = WRONG[case]
    path = write(content)
    with pytest.raises(ConfigError, match=fix) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_samples_without_calibrate_must_follow_each_other_too(write):
    assert load_config(write(changed("samples.calibrate", None))).samples.calibrate is None
    early = changed("samples.calibrate", None)
    early["samples"]["test"]["from"] = "2024-06-01"
    with pytest.raises(ConfigError, match="must follow each other"):
        load_config(write(early))


def test_mistakes_are_told_together(write):
    wrong = {**PLAIN, "sede": 3, "name": "My Card"}
    with pytest.raises(ConfigError, match=r"'name': .*; unknown key 'sede'"):
        load_config(write(wrong))


def events_in(folder):
    return TrainConfig.model_validate(changed("events.folder", folder)).events


def test_the_folder_is_beside_the_config():
    assert folder_of(events_in("data"), "/somewhere/configs/a.yaml") == Path("/somewhere/configs/data")
    assert folder_of(events_in("/data"), "/somewhere/configs/a.yaml") == Path("/data")


def test_the_folder_given_on_the_command_line_wins():
    assert folder_of(events_in("${NOWHERE_SET}"), "a.yaml", "elsewhere") == Path("elsewhere")


def test_the_folder_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("HISTORIES", "/data")
    assert folder_of(events_in("${HISTORIES}/2024"), "a.yaml") == Path("/data/2024")


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("HISTORIES", raising=False)
    with pytest.raises(ConfigError, match=r"variable HISTORIES, which is not set; set it, or give .* --data FOLDER"):
        folder_of(events_in("${HISTORIES}/2024"), "a.yaml")


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("HISTORIES", "")
    with pytest.raises(ConfigError, match="variable HISTORIES, which is not set"):
        folder_of(events_in("${HISTORIES}"), "a.yaml")
