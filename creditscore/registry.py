"""MLflow: a run for each training, its scorecard as a version of a model, and who made which version champion."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import platform
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import asdict, dataclass
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow.csv
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from creditscore import __version__
from creditscore.errors import ConfigError, InputError, MissingExtraError
from creditscore.events.sources import files_of
from creditscore.features.formula import Call, parts
from creditscore.scorecard import Scorecard, load
from creditscore.validation.plots import plot_calibration, plot_ks, plot_roc, plot_score_distribution

# MLflow reads these when it is imported: no usage reports to anybody, no progress bars, no addresses on the terminal.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

try:
    import mlflow
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param, Run
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.exceptions import MlflowException
    from mlflow.models import ModelSignature
    from mlflow.tracking import MlflowClient
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
    from mlflow.types.schema import AnyType
    from sqlalchemy.exc import SQLAlchemyError
except ImportError as error:
    raise MissingExtraError("the registry needs MLflow; install it with: pip install 'creditscore[train]'") from error

CANDIDATE, CHALLENGER, CHAMPION = "candidate", "challenger", "champion"
ALIASES = (CANDIDATE, CHALLENGER, CHAMPION)
WRAPPER = Path(__file__).with_name("registry_model.py")
# What a model needs where it is served, at the versions that it was made with.
SERVED_WITH = ("numpy", "numba", "pyarrow", "pandas")
_SQLITE = "sqlite:///"
_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
# MLflow takes no more data sets in a call, and no longer digest of one.
_INPUTS, _DIGITS = 1_000, 36
_GIVEN: list[ColSpec | TensorSpec] = [
    ColSpec(DataType.boolean, "scorable"),
    ColSpec(DataType.double, "points", required=False),
    ColSpec(DataType.double, "unrounded_points", required=False),
    ColSpec(DataType.double, "pd", required=False),
    ColSpec(DataType.string, "grade", required=False),
    *(ColSpec(DataType.string, f"reason_{rank}", required=False) for rank in range(1, 5)),
    *(ColSpec(DataType.double, f"reason_{rank}_points", required=False) for rank in range(1, 5)),
]


@dataclass(frozen=True)
class RunInfo:
    """Where a training was recorded; `models:/<model_name>/<version>` loads its model."""

    run_id: str
    model_name: str
    version: str


@dataclass(frozen=True)
class Fingerprint:
    """A source file: enough to know it again, and nothing of what is in it."""

    table: str
    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Promotion:
    """An entry of a model's history: who made which version what, when (UTC), in place of which, on which report.

    `replaced` and `note` are empty where there is none. An entry not `finished` was broken off, or is under way.
    """

    model: str
    version: str
    alias: str
    replaced: str
    approver: str
    at: str
    report_sha256: str
    scorecard_digest: str
    note: str = ""
    run_id: str = ""
    finished: bool = False

    def facts(self) -> dict[str, str]:
        """What is recorded of it, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value and key not in ("run_id", "finished")}


@dataclass(frozen=True)
class History:
    """A model's promotions, oldest first, and the version that has each alias today."""

    promotions: tuple[Promotion, ...]
    holders: Mapping[str, str]

    def last(self, alias: str) -> Promotion | None:
        """The last finished entry of the alias."""
        return next((one for one in reversed(self.promotions) if one.finished and one.alias == alias), None)

    def until(self, entry: Promotion) -> str | None:
        """When the entry's alias was given to another version; None where it has not been."""
        later = self.promotions[self.promotions.index(entry) + 1 :]
        return next((one.at for one in later if one.finished and one.alias == entry.alias), None)

    def unrecorded(self) -> list[str]:
        """The aliases that were given, or for the champion taken away, past `promote`."""
        recorded = {alias: entry.version if (entry := self.last(alias)) else None for alias in (CHALLENGER, CHAMPION)}
        moved = [alias for alias in recorded if alias in self.holders and self.holders[alias] != recorded[alias]]
        lost = CHAMPION not in self.holders and recorded[CHAMPION] is not None
        return [*moved, CHAMPION] if lost else moved


def log_run(
    card_path: str | Path,
    report_path: str | Path,
    store: str,
    experiment: str,
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    artifacts: Iterable[str | Path],
    input_example: pd.DataFrame,
    figures: Mapping[str, Figure] | None = None,
    data: Mapping[str, Iterable[str | Path]] | None = None,
) -> RunInfo:
    """Record one training in the store and register its scorecard as `name`, with the alias `candidate`.

    `store` is `sqlite:///path.db` (made if absent; files are kept in the folder `mlflow-artifacts` beside it) or the
    address of a tracking server. `artifacts` are further files to keep, `figures` pictures by name. `data` names each
    table's source files, folders or patterns: only their fingerprints are kept. `input_example` holds a few rows of
    features, kept with the model in the clear: made values, not a borrower's.

    `mlflow.pyfunc.load_model("models:/name@candidate").predict(features)` gives points, PD, grade and reasons; the
    model is code and the `.scorecard` file, never a pickle.

    Raises ConfigError for another kind of store, and for a file that is not there; InputError where MLflow refuses.
    """
    report, *files = [_existing(path) for path in (report_path, *artifacts)]
    card = load(_existing(card_path))
    # among the parameters, which MLflow lets nobody change
    digests = {"scorecard_digest": card.digest, "report_sha256": sha256_of(report)}
    sources = fingerprints(data or {})
    with _connected(store, _made_address(store)) as client:
        # Made by the client, not by start_run, which would look up the caller's git repository and user name.
        run_id = client.create_run(_experiment(client, experiment, store), run_name=name).info.run_id
        with mlflow.start_run(run_id=run_id):
            mlflow.log_params({**params, **digests})
            mlflow.log_metrics(dict(metrics))
            _log_files(client, run_id, [report, *files], figures or {})
            _log_sources(client, run_id, sources)
            registered = _register(Path(card_path), card, name, input_example)
        _tag(client, name, registered, digests)
        client.set_registered_model_alias(name, CANDIDATE, registered)
    return RunInfo(run_id, name, registered)


def figures_of(scored: pd.DataFrame, found: Mapping[str, Any]) -> dict[str, Figure]:
    """ROC, KS, calibration and score distribution of the sample that a report shows; none where it shows none.

    `scored` and `found` are what `validation.report.findings` takes and gives.
    """
    if found["shown"] is None:
        return {}
    rows = scored[(scored["sample"] == found["shown"]) & scored["pd"].notna()]
    cut_off = found["cut_off"]["points"] if found["cut_off"] else None
    drawn = {
        "roc": plot_roc(rows["outcome"], rows["pd"], label=found["shown"]),
        "ks": plot_ks(rows["outcome"], rows["pd"]),
        "calibration": plot_calibration(pd.DataFrame(found["calibration"])),
        "score_distribution": plot_score_distribution(rows["points"], rows["outcome"], cut_off=cut_off),
    }
    return {name: cast(Figure, ax.figure) for name, ax in drawn.items()}


def fingerprints(data: Mapping[str, Iterable[str | Path]]) -> list[Fingerprint]:
    """The fingerprints of each table's files; files are read through once, block by block."""
    named = [(table, file) for table, given in data.items() for one in given for file in files_of(one)]
    return [
        Fingerprint(table, file.name, _rows(file), file.stat().st_size, sha256_of(file))
        for table, file in dict.fromkeys(named)
    ]


def sha256_of(path: Path) -> str:
    """A file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def environment() -> dict[str, Any]:
    """Python, the machine, and every library installed, with versions."""
    installed = {str(one.metadata["Name"]): one.version for one in distributions()}
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
        "machine": platform.machine(),
        "libraries": dict(sorted(installed.items(), key=lambda item: item[0].lower())),
    }


def promote(
    store: str, name: str, version: str, to: str, *, approver: str, report: str | Path, note: str = ""
) -> Promotion:
    """Make a version of the model `name` challenger or champion: on an approver's name, and the report approved.

    `version` is a number, or an alias of it. The report's SHA-256 must be the one recorded when the version was
    trained. Approver, time, digests and versions are kept as the version's tags and as an entry of the history, before
    the alias moves. A version has one of the three aliases at most: whoever had the new one before has none.

    Raises ConfigError for a store or file that is not there, InputError where the promotion is refused.
    """
    if to not in (CHALLENGER, CHAMPION):
        raise InputError(f"a version is promoted to {CHALLENGER} or {CHAMPION}, got '{to}'")
    approver, note = _one_line("approver", approver, 200), _one_line("note", note, 2_000)
    if not approver:
        raise InputError("approver: a promotion needs the name of the person who approves it; give one")
    digest = sha256_of(_existing(report))
    with _connected(store, _known_address(store)) as client:
        past, chosen = _history(client, name), _version(client, name, version)
        number = str(chosen.version)  # SQLite's are integers
        _check_move(past, name, number, to)
        scorecard = _check_report(client, chosen, digest)
        held, now = past.holders.get(to, ""), dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        replaced = "" if held == number else held
        entry = Promotion(name, number, to, replaced, approver, now, digest, scorecard, note)
        return _carry_out(client, _experiment(client, _promotions(name), store), entry, Path(report))


def history(store: str, name: str) -> History:
    """Who made which version of the model challenger and champion, when, and which versions are these today.

    Raises ConfigError for a store that is not there, InputError for a model that it does not hold.
    """
    with _connected(store, _known_address(store)) as client:
        return _history(client, name)


def _address(store: str) -> str:
    """The store's address, an SQLite file's with an absolute path. What may hold a password is not shown."""
    if store.startswith(_SQLITE) and store != _SQLITE:
        return f"{_SQLITE}{Path(store.removeprefix(_SQLITE)).absolute().as_posix()}"
    if not store.startswith(("http://", "https://")):
        raise ConfigError(
            f"registry store: expected sqlite:///path/to/mlflow.db, or http:// or https:// and a server's address, got "
            f"{store.partition(':')[0]!r} and the like; use an SQLite file or a tracking server"
        )
    if any(mark in store for mark in "@?#"):
        raise ConfigError(
            "registry store: the address holds a user's name, a password or a query (@, ? or #); take it out, and set "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, in the environment"
        )
    return store.rstrip("/")


def _database(address: str) -> Path | None:
    """The SQLite file of an address; None for a server's."""
    return Path(address.removeprefix(_SQLITE)) if address.startswith(_SQLITE) else None


def _made_address(store: str) -> str:
    """The address of a store to write to, with a folder for its file."""
    address = _address(store)
    if database := _database(address):
        database.parent.mkdir(parents=True, exist_ok=True)
    return address


def _known_address(store: str) -> str:
    """The address of a store that is there; MLflow would make one."""
    address = _address(store)
    database = _database(address)
    if database and not database.is_file():
        raise ConfigError(f"registry store {store}: no such file; give the store that a training was recorded in")
    return address


def _existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise ConfigError(f"{path}: no such file to record; write it first")
    return Path(path)


def _experiment(client: MlflowClient, name: str, store: str) -> str:
    """The experiment of that name, made if absent; a server knows itself where its files go."""
    known = client.get_experiment_by_name(name)
    if known:
        return known.experiment_id
    database = _database(_address(store))
    folder = (database.parent / "mlflow-artifacts").as_uri() if database else None
    return client.create_experiment(name, artifact_location=folder)


def _rows(path: Path) -> int:
    """The rows of a Parquet or CSV file; of CSV one column is read, block by block."""
    if path.suffix.lower() == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(path, parse_options=parse) as reader:
        first = reader.schema.names[0]
    convert = pyarrow.csv.ConvertOptions(include_columns=[first], column_types={first: pyarrow.string()})
    with pyarrow.csv.open_csv(path, parse_options=parse, convert_options=convert) as reader:
        return sum(batch.num_rows for batch in reader)


def _log_files(client: MlflowClient, run_id: str, files: Iterable[Path], figures: Mapping[str, Figure]) -> None:
    for file in files:
        client.log_artifact(run_id, str(file))
    for name, figure in figures.items():
        client.log_figure(run_id, figure, f"figures/{name}.png", save_kwargs={"dpi": 150})
    client.log_dict(run_id, environment(), "environment.json")


def _log_sources(client: MlflowClient, run_id: str, sources: Sequence[Fingerprint]) -> None:
    """The fingerprints in full as a file, and as the run's data sets, which MLflow lists and compares."""
    if sources:
        client.log_dict(run_id, {"files": [asdict(one) for one in sources]}, "data.json")
    for first in range(0, len(sources), _INPUTS):
        client.log_inputs(run_id, [_as_input(one) for one in sources[first : first + _INPUTS]])


def _as_input(source: Fingerprint) -> DatasetInput:
    known = Dataset(
        name=source.file,
        digest=source.sha256[:_DIGITS],
        source_type="local",
        source=json.dumps({"uri": source.file}),  # the name alone: folders are the machine's own affair
        profile=json.dumps({"num_rows": source.rows, "bytes": source.bytes, "sha256": source.sha256}),
    )
    return DatasetInput(known, [InputTag("mlflow.data.context", "training"), InputTag("table", source.table)])


def _register(card_path: Path, card: Scorecard, name: str, input_example: pd.DataFrame) -> str:
    """Log the scorecard as a model of the active run, and register it; its version."""
    modules = _own_modules(card)
    with tempfile.TemporaryDirectory() as folder:
        logged = mlflow.pyfunc.log_model(
            name=name,
            python_model=str(WRAPPER),
            artifacts={"scorecard": str(card_path)},
            code_paths=_copied(modules, Path(folder)) or None,
            # MLflow makes parameters of the run of these too
            model_config={"scorecard_digest": card.digest, "feature_modules": modules},
            signature=_signature(input_example, card),
            input_example=_plain(input_example),
            pip_requirements=[f"creditscore=={__version__}", *(f"{each}=={version(each)}" for each in SERVED_WITH)],
            registered_model_name=name,
        )
    return str(logged.registered_model_version)


def _own_modules(card: Scorecard) -> list[str]:
    """The modules of the feature functions that are not the library's."""
    calls = [part for feature in card.features for part in parts(feature.formula) if isinstance(part, Call)]
    return sorted({call.module for call in calls if call.module.partition(".")[0] != "creditscore"})


def _copied(modules: Iterable[str], folder: Path) -> list[str]:
    """Copies of the modules' Python files, with those beside them where they are in a package; never other files."""
    for module in modules:
        names = module.split(".")
        within = [".".join(names[: depth + 1]) for depth in range(len(names))]
        packages = [each for each in within if hasattr(sys.modules[each], "__path__")]
        files = {file: each for each in packages for file in Path(sys.modules[each].__path__[0]).glob("*.py")}
        for file, package in (files or {Path(str(sys.modules[module].__file__)): ""}).items():
            place = folder / package.replace(".", "/")
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    return sorted(str(path) for path in folder.iterdir())


def _plain(features: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64 and all else as plain objects: an example must read back from JSON as what the model takes."""
    kinds = {
        column: "float64" if pd.api.types.is_numeric_dtype(values) else "object" for column, values in features.items()
    }
    return features.astype(kinds)


def _signature(features: pd.DataFrame, card: Scorecard) -> ModelSignature:
    """Columns in and out, and the population that reasons compare with; numbers are float64, what is not a number may
    come as text or as a category.
    """
    taken = Schema([_taken(str(column), values) for column, values in features.items()])
    asked = [ParamSpec("reference", DataType.string, card.references[0].id)] if card.references else []
    return ModelSignature(taken, Schema(_GIVEN), ParamSchema(asked))


def _taken(column: str, values: pd.Series) -> ColSpec:
    if pd.api.types.is_numeric_dtype(values):
        return ColSpec(DataType.double, column)
    return ColSpec(AnyType(), column, required=False)  # type: ignore[no-untyped-call]


def _one_line(what: str, text: str, most: int) -> str:
    """The text without blanks around it. Raises InputError where it would not stay on one line of a history."""
    text = text.strip()
    if len(text) > most or not text.isprintable():
        raise InputError(f"{what}: expected one line of at most {most:,} characters; shorten it")
    return text


def _promotions(name: str) -> str:
    """The experiment that keeps a model's promotions, a run each."""
    return f"{name} promotions"


def _version(client: MlflowClient, name: str, version: str) -> ModelVersion:
    """The model's version of that number, or with that alias."""
    if version.isdecimal():
        return client.get_model_version(name, version)
    aliases = client.get_registered_model(name).aliases
    if version not in aliases:
        known = ", ".join(f"{alias} (version {number})" for alias, number in sorted(aliases.items())) or "none"
        raise InputError(f"model {name}: no version has the alias '{version}'; there is {known}")
    return client.get_model_version(name, str(aliases[version]))


def _check_move(past: History, name: str, version: str, to: str) -> None:
    entry = past.last(to)
    if past.holders.get(to) == version and entry is not None and entry.version == version:
        raise InputError(f"model {name}: version {version} is the {to} already, since {entry.at}")
    if to != CHAMPION and past.holders.get(CHAMPION) == version:
        raise InputError(f"model {name}: version {version} is the champion; promote another to champion first")


def _check_report(client: MlflowClient, chosen: ModelVersion, digest: str) -> str:
    """The digest of the version's scorecard, once the report is known to be the version's own."""
    where = f"model {chosen.name} version {chosen.version}"
    logged = client.get_run(chosen.run_id).data.params if chosen.run_id else {}
    if not {"report_sha256", "scorecard_digest"} <= logged.keys():
        raise InputError(f"{where}: its run keeps no digest of a report, so nobody can say what was approved; train it")
    if logged["report_sha256"] != digest:
        raise InputError(
            f"{where}: the report given is not the one of its training: its SHA-256 is {digest}, expected "
            f"{logged['report_sha256']}; give the report.html that this training left, unchanged"
        )
    return logged["scorecard_digest"]


def _carry_out(client: MlflowClient, experiment: str, entry: Promotion, report: Path) -> Promotion:
    """Record first, then move the aliases: a champion without an entry cannot come of a failure half-way."""
    run_id = client.create_run(experiment, run_name=f"version {entry.version} to {entry.alias}").info.run_id
    try:
        client.log_batch(run_id, params=[Param(key, value) for key, value in entry.facts().items()])
        client.log_dict(run_id, entry.facts(), "promotion.json")
        client.log_artifact(run_id, str(report))
        tags = {f"{entry.alias}.{key}": value for key, value in entry.facts().items() if key not in ("model", "alias")}
        _tag(client, entry.model, entry.version, {**tags, f"{entry.alias}.entry": run_id})
        client.set_registered_model_alias(entry.model, entry.alias, entry.version)
        _drop_others(client, entry)
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id)
    return _as_promotion(client.get_run(run_id))


def _drop_others(client: MlflowClient, entry: Promotion) -> None:
    """Take from the promoted version, and from the one that it replaces, what other aliases of ours they have."""
    for alias, held in _holders(client, entry.model).items():
        if alias != entry.alias and held in (entry.version, entry.replaced):
            client.delete_registered_model_alias(entry.model, alias)


def _tag(client: MlflowClient, name: str, version: str, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        client.set_model_version_tag(name, version, key, value)


def _holders(client: MlflowClient, name: str) -> dict[str, str]:
    return {alias: str(held) for alias, held in client.get_registered_model(name).aliases.items() if alias in ALIASES}


def _history(client: MlflowClient, name: str) -> History:
    holders, kept = _holders(client, name), client.get_experiment_by_name(_promotions(name))
    entries = [_as_promotion(run) for run in _runs(client, kept.experiment_id)] if kept else []
    return History(tuple(entries), holders)


def _runs(client: MlflowClient, experiment: str) -> Iterator[Run]:
    """The experiment's runs of promotions, oldest first."""
    token: str | None = None
    while True:
        page = client.search_runs([experiment], order_by=["attributes.start_time ASC"], page_token=token)
        yield from (run for run in page if {"version", "alias", "approver"} <= run.data.params.keys())
        token = page.token
        if not token:
            return


def _as_promotion(run: Run) -> Promotion:
    empty = dict.fromkeys(Promotion.__dataclass_fields__, "")
    facts = {key: value for key, value in run.data.params.items() if key in empty}
    return Promotion(**{**empty, **facts, "run_id": run.info.run_id, "finished": run.info.status == "FINISHED"})


@contextmanager
def _connected(store: str, address: str) -> Iterator[MlflowClient]:
    """A client of the store; what goes wrong there is an InputError of one line."""
    with _quiet(), _addressed(address):
        try:
            yield MlflowClient(tracking_uri=address, registry_uri=address)
        except (MlflowException, SQLAlchemyError) as error:
            (said, *_) = str(error).strip().splitlines() or [type(error).__name__]
            raise InputError(f"registry {store}: {said[:300]}; {_remedy(address)}") from error


def _remedy(address: str) -> str:
    if _database(address):
        return "see that the file is an MLflow store of this version and may be written"
    return (
        "see that the server runs there, and that MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
        "MLFLOW_TRACKING_TOKEN, are set where it asks for them"
    )


@contextmanager
def _addressed(address: str) -> Iterator[None]:
    """MLflow's global addresses, set for a while; a server that is silent is asked again for seconds, not minutes."""
    before = {name: os.environ.get(name) for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", _RETRIES)}
    mlflow.set_tracking_uri(address)
    mlflow.set_registry_uri(address)
    os.environ.setdefault(_RETRIES, "3")
    try:
        yield
    finally:
        # without addresses of its own MLflow goes by the environment, where it also keeps those that it is given
        mlflow.set_tracking_uri(None)  # type: ignore[arg-type]
        mlflow.set_registry_uri(None)  # type: ignore[arg-type]
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextmanager
def _quiet() -> Iterator[None]:
    """Without MLflow's chatter on stderr and its libraries' warnings; what goes wrong is raised all the same."""
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
