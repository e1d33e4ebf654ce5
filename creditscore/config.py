"""The configuration files of `configs/`, as models: unknown keys are refused, and errors name the key and the fix."""

from __future__ import annotations

import datetime as dt
import difflib
import itertools
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from creditscore.errors import ConfigError
from creditscore.events.address import has_secret, without_secrets
from creditscore.events.schema import CONTRACT, MONEY_LIMIT
from creditscore.governance.basis import MASKING, ConsentRule
from creditscore.governance.retention import Retention, Suppression
from creditscore.governance.rules import Rules, rules_with

LARGEST_CONFIG = 1 << 20


class Section(BaseModel):
    """A part of a config: immutable, and no key beyond its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Period(Section):
    """From `from` until before `until` (UTC days; either may be left out)."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    start: Annotated[dt.date | None, Field(alias="from")] = None
    until: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.until and self.start >= self.until:
            raise ValueError(f"'from' ({self.start}) is not before 'until' ({self.until})")
        return self


def _without_password(address: Any) -> Any:
    return without_secrets(address) if isinstance(address, str) and has_secret(address) else address


def _no_password(address: str) -> str:
    if has_secret(address):
        raise ValueError(
            "a password or key in the address; set it in the environment instead, as PGPASSWORD, PGPASSFILE or "
            "AWS_SECRET_ACCESS_KEY, or name a variable there, as ${NAME}"
        )
    return address


# The one before runs first, so that the other's error, which quotes what it was given, holds no password.
Address = Annotated[str, AfterValidator(_no_password), BeforeValidator(_without_password)]


class SourceConfig(Section):
    """One platform's rows for one table, and how their names map onto the contract (docs/sources.md).

    They are in `files` (a file, a folder, a pattern, an object store's URL), or in the `table` of a `database`
    (`postgresql://user@host/db`, or a DuckDB file), only those of the `period` if there is one. `columns` maps a
    contract's column to the source's, or to several whose texts are joined by " | "; `values` maps a source's values to
    the contract's, column by column; `constants` fill columns that the source lacks.
    """

    files: Address | None = None
    database: Address | None = None
    table: str | None = None
    platform: str | None = None
    timezone: str | None = None
    time_format: str | None = None
    period: Period | None = None
    columns: dict[str, str | list[str]] = {}
    values: dict[str, dict[str, str | int | None]] = {}
    constants: dict[str, str | int | float] = {}

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.files is None) == (self.database is None):
            raise ValueError("a source has either files: … or database: … and table: …; give one of the two")
        if (self.database is None) != (self.table is None):
            raise ValueError("database and table go together: database: postgresql://user@host/db, table: schema.name")
        return self


class EventsConfig(Section):
    """Where the histories are: `folder` is relative to the config file, `${NAME}` in it read from the environment."""

    folder: str = "."
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    quarantine_limit: Annotated[float, Field(ge=0, le=1)] = 0.01
    transactions: list[SourceConfig] = []
    trips: list[SourceConfig] = []
    obligations: list[SourceConfig] = []
    applications: list[SourceConfig]
    consents: list[SourceConfig] = []

    def tables(self) -> Mapping[str, list[SourceConfig]]:
        return {name: getattr(self, name) for name in CONTRACT}


Family = Literal["spending", "rhythm", "travel", "obligations", "history", "application"]


class SelectConfig(Section):
    """Keeps the features that are above noise in at least this share of the train sample's folds."""

    folds: Annotated[int, Field(ge=2, le=20)] = 5
    share: Annotated[float, Field(gt=0, le=1)] = 0.6


class FeaturesConfig(Section):
    """Which families of the catalogue are built, and an agency's own modules of definitions beside them, but for those
    named under `without`; whether all are used, or those that `select` keeps, or the fewest whose validation AUC is
    within `minimal` of all of them.
    """

    families: list[Family] = ["spending", "rhythm", "travel", "obligations", "history", "application"]
    modules: list[str] = []
    without: list[str] = []
    select: SelectConfig | None = None
    minimal: Annotated[float | None, Field(gt=0, lt=0.5)] = None


class SamplesConfig(Section):
    """The dated samples, each the applications of a period: train < calibrate < test. Without `calibrate`, out-of-fold
    margins of `train` serve.
    """

    train: Period
    calibrate: Period | None = None
    test: Period

    @model_validator(mode="after")
    def _dated(self) -> Self:
        periods = [period for period in (self.train, self.calibrate, self.test) if period]
        for earlier, later in itertools.pairwise(periods):
            if earlier.until is None or later.start is None or earlier.until > later.start:
                raise ValueError("train, calibrate and test must follow each other: each 'until' <= the next 'from'")
        return self


class OutcomeConfig(Section):
    """What makes an application bad, from the obligations of its own application_id (docs/outcomes.md).

    The obligations are complete until `observed_until` (the beginning of that day, UTC): only their source knows it, so
    it has no default. Where applications have an `outcome` column too, `prefer` says which of the two holds.
    """

    days_past_due: Annotated[int, Field(gt=0)]
    months: Annotated[int, Field(gt=0, le=1_200)]
    observed_until: dt.date
    indeterminate_days: Annotated[int | None, Field(gt=0)] = None
    tolerance: Annotated[float, Field(ge=0, le=MONEY_LIMIT)] = 0.0
    ended_unpaid: Literal["bad", "by_days"] = "bad"
    without_obligations: Literal["indeterminate", "good"] = "indeterminate"
    prefer: Literal["definition", "column"] | None = None

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        if self.indeterminate_days is not None and self.indeterminate_days >= self.days_past_due:
            raise ValueError(
                f"indeterminate_days ({self.indeterminate_days}) is not below days_past_due ({self.days_past_due})"
            )
        if self.days_past_due >= 28 * self.months:
            raise ValueError(f"{self.days_past_due} days past due cannot be reached within {self.months} months")
        return self


class TuneConfig(Section):
    """A search for LightGBM's settings, of so many trials, on time-ordered folds of the train sample."""

    trials: Annotated[int, Field(gt=0, le=10_000)] = 50
    folds: Annotated[int, Field(ge=2, le=20)] = 4


# What training over a cluster sets by itself.
_ITS_OWN = ("local_listen_port", "machine_list_filename", "machines", "num_machines", "num_threads", "time_out")
_BASIC = {"monotone_constraints_method": "basic"}


class ModelConfig(Section):
    """LightGBM's settings where they differ from the defaults, which follow the number of bads, or from a search's.

    With `engine: dask` the scorecard's trees are trained on the cluster of the Dask `scheduler`, as tcp://host:8786,
    each fit within `timeout_minutes`; directions are then kept to by LightGBM's basic method, the only one that it has
    there (docs/scale.md).
    """

    params: dict[str, float | int | str | bool] = {}
    tune: TuneConfig | None = None
    engine: Literal["local", "dask"] = "local"
    scheduler: Annotated[str | None, Field(pattern=r"^(tcp|tls)://[^\s/@]+:\d{1,5}$")] = None
    timeout_minutes: Annotated[float, Field(gt=0, le=10_080)] = 720

    @model_validator(mode="before")
    @classmethod
    def _by_the_same_method(cls, given: Any) -> Any:
        """Every model fitted on the way, here or there, keeps to directions alike, so that they compare."""
        if not isinstance(given, dict) or given.get("engine") != "dask":
            return given
        params = given.get("params", {})
        return {**given, "params": _BASIC | params} if isinstance(params, dict) else given

    @model_validator(mode="after")
    def _where(self) -> Self:
        if self.engine == "local":
            odd = sorted({"scheduler", "timeout_minutes"} & self.model_fields_set)
            if odd:
                raise ValueError(f"{odd[0]} is for a cluster: add engine: dask, or remove it")
            return self
        if self.scheduler is None:
            raise ValueError("engine: dask needs a scheduler; add scheduler: tcp://host:8786")
        self._check_parallel()
        return self

    def _check_parallel(self) -> None:
        """What cannot be, or makes no sense, over a cluster."""
        own = next((name for name in (*_ITS_OWN, "tree_learner") if name in self.params), None)
        if own:
            raise ValueError(f"params.{own} is set by engine: dask itself; remove it")
        if not _BASIC.items() <= self.params.items():
            raise ValueError(
                "params.monotone_constraints_method: LightGBM knows 'basic' alone over a cluster; remove it, or use "
                "engine: local"
            )
        if self.tune is not None:
            raise ValueError(
                "tune fits trials × folds models on this machine, each nearly as large as the one that engine: dask "
                "takes to a cluster; search with engine: local, on a part of the applications where all are too many, "
                "and put what it finds under params"
            )


class ScaleConfig(Section):
    """The points scale: `base_points` at `good_bad_odds` goods for one bad, `pdo` points double the odds."""

    base_points: float = 600
    good_bad_odds: Annotated[float, Field(gt=0)] = 20
    pdo: Annotated[float, Field(gt=0)] = 40
    lowest: int = 300
    highest: int = 900

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError(f"lowest ({self.lowest}) is not below highest ({self.highest})")
        return self


class NeutralityConfig(Section):
    """What the report says of platforms. Platforms of one of the `owners` count as one player beside; `worth` makes
    train say what each platform's data are worth too, by as many models as the coalitions take; docs/neutrality.md.
    """

    owners: dict[str, Annotated[list[str], Field(min_length=1)]] = {}
    worth: bool = False
    approval_rate: Annotated[float, Field(gt=0, le=1)] = 0.8
    seeds: Annotated[int, Field(ge=1, le=100)] = 5
    replicates: Annotated[int, Field(ge=4, le=1_000, multiple_of=2)] = 20
    limit: Annotated[float, Field(gt=0.5, lt=1)] = 0.9

    @model_validator(mode="after")
    def _owned_once(self) -> Self:
        names = [name for group in self.owners.values() for name in group]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise ValueError(f"owners: platform '{twice}' is given twice; it has one owner")
        return self


class ReasonWords(Section):
    """A reason's wording for the borrower and for the risk officer, in English and Chinese."""

    borrower_en: Annotated[str, Field(min_length=1)]
    borrower_zh: Annotated[str, Field(min_length=1)]
    officer_en: Annotated[str, Field(min_length=1)]
    officer_zh: Annotated[str, Field(min_length=1)]


class ReasonsConfig(Section):
    """An agency's own reason codes (X01, X02 …), and codes of features that have none or want another."""

    codes: dict[str, ReasonWords] = {}
    features: dict[str, str] = {}


class ReferenceConfig(Section):
    """A further population that reasons may compare with: applicants at or slightly above another cut-off."""

    id: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
    cut_off: float

    @model_validator(mode="after")
    def _own_id(self) -> Self:
        if self.id in ("all", "cut_off"):
            raise ValueError(f"'{self.id}' is the id of one that is always made; give another")
        return self


class SearchConfig(Section):
    """A search for a less discriminatory model: retrained alternatives, judged on so many time-ordered folds of the
    train sample, of which one may be chosen that loses at most `margin` of the validation AUC.
    """

    folds: Annotated[int, Field(ge=2, le=20)] = 3
    margin: Annotated[float, Field(ge=0, lt=0.5)] = 0.005


class FairnessConfig(Section):
    """Attributes, columns of the applications, by which groups are compared and which no feature may read; numbers fall
    into `bands`, each from its lower end.
    """

    attributes: Annotated[list[str], Field(min_length=1)]
    bands: dict[str, Annotated[list[float], Field(min_length=1)]] = {}
    search: SearchConfig | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        never = {"application_id", "borrower_id", "as_of", "outcome"} & set(self.attributes)
        if never:
            raise ValueError(f"'{min(never)}' is no attribute of people; name a column of the applications that is")
        stray = sorted(set(self.bands) - set(self.attributes))
        if stray:
            raise ValueError(f"bands are given for '{stray[0]}', which is not among the attributes; add it there")
        if any(low >= high for ends in self.bands.values() for low, high in itertools.pairwise(ends)):
            raise ValueError("the ends of bands rise, as [25, 40, 60]")
        return self


class ManipulationConfig(Section):
    """What gaming buys, tried on the histories of so many applicants; the costs are in the data's currency."""

    borrowers: Annotated[int, Field(ge=20, le=100_000)] = 200
    transfer_fee: Annotated[float, Field(ge=0, lt=1)] = 0.001
    order_commission: Annotated[float, Field(ge=0, le=1)] = 0.06
    refund_loss: Annotated[float, Field(ge=0)] = 10.0


_SQLITE = "sqlite:///"


def _without_secrets(store: Any) -> Any:
    """A server's address without the name, the password and the query in it."""
    if not isinstance(store, str) or store.startswith(_SQLITE):
        return store
    return re.sub(r"(?s)[?#].*", "?…", re.sub(r"(?s)(?<=://).*@", "…@", store))


def _store_known(store: str) -> str:
    if store.startswith(_SQLITE) and store != _SQLITE:
        return store
    if not re.match(r"https?://[^/]", store):
        raise ValueError("expected sqlite:///mlflow.db, or http:// or https:// and a tracking server's address")
    if any(mark in store for mark in "@?#"):
        raise ValueError(
            "an address with a name, a password or a query in it; set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, in the environment instead"
        )
    return store


Class = Literal["ordinary", "separate consent", "written consent", "prohibited"]


class SuppressionConfig(Section):
    """An amnesty: obligations of these kinds (none named: all) that fell due in a period (days, both included), at most
    so large, settled by a day, do not count from the beginning of another day on.
    """

    name: str
    due_from: dt.date
    due_until: dt.date
    largest_amount: float
    repaid_by: dt.date
    effective_from: dt.date
    kinds: list[str] = []


class RetentionConfig(Section):
    """How long negative information counts: a jurisdiction's years from the end of the behaviour (null: without limit),
    by a clock so many minutes from UTC, less its amnesties. China's five are the default.
    """

    jurisdiction: str = "CN"
    years: int | None = 5
    utc_offset_minutes: int = 480
    suppressions: list[SuppressionConfig] = []

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.rule()
        return self

    def rule(self) -> Retention:
        """The rule as features apply it."""
        listed = (Suppression(**{**dict(one), "kinds": tuple(one.kinds)}) for one in self.suppressions)
        return Retention(self.jurisdiction, self.years, self.utc_offset_minutes, tuple(listed))


EventTable = Literal["transactions", "trips", "obligations"]


class ConsentConfig(Section):
    """Why the data may be used: where `events.consents` has consent records, the `purpose` and the `recipient` that
    they must name; otherwise the `basis`, in words, and the `families` (tables of events) that it covers beyond their
    ordinary part. `masking` is the share of train applications from which each family is hidden,
    by default a tenth where people can withhold by their consents, and none where they cannot.
    """

    basis: str | None = None
    families: list[EventTable] = []
    purpose: str | None = None
    recipient: str | None = None
    withheld_obligations: Literal["not scorable", "scorable"] = "not scorable"
    masking: Annotated[float | None, Field(ge=0, lt=1)] = None

    def rule(self, records: bool) -> ConsentRule:
        """The rule as training and scores apply it."""
        return ConsentRule(
            basis=self.basis,
            families=tuple(self.families),
            records=records,
            purpose=self.purpose,
            scorable_without=self.withheld_obligations == "scorable",
            masking=(MASKING if records else 0.0) if self.masking is None else self.masking,
        )


class GovernanceConfig(Section):
    """What may be used: the class of each category's word that the shipped table does not have, and how long negative
    information counts (docs/governance.md).
    """

    categories: dict[str, Class] = {}
    retention: RetentionConfig = RetentionConfig()

    @model_validator(mode="after")
    def _as_strict_as_the_table(self) -> Self:
        self.rules()
        return self

    def rules(self) -> Rules:
        """What this section says of the rules; `TrainConfig.rules` has those of consent too."""
        return replace(rules_with(self.categories), retention=self.retention.rule())


class RegistryConfig(Section):
    """Where MLflow keeps runs and models: an SQLite file, its `sqlite:///` address relative to the output folder, or a
    tracking server, whose credentials come from the environment alone.
    """

    # the one before runs first, so that the other's error, which quotes what it was given, holds no password
    store: Annotated[str, AfterValidator(_store_known), BeforeValidator(_without_secrets)] = "sqlite:///mlflow.db"
    experiment: str = "creditscore"

    def address(self, output: Path) -> str:
        """The store's address, an SQLite file's taken from the output folder."""
        if not self.store.startswith(_SQLITE):
            return self.store
        return f"{_SQLITE}{(output / self.store.removeprefix(_SQLITE)).resolve()}"


class ReportConfig(Section):
    """What the validation report looks into beyond the scores. `family_worth` and `reason_stability` fit models again,
    `last_day` builds features again as of a day earlier; `champion` is a .scorecard file, relative to the config, that
    the new one is compared with.
    """

    family_worth: bool = True
    reason_stability: bool = True
    last_day: bool = True
    champion: str | None = None


class TrainConfig(Section):
    """What `python -m creditscore.train` reads; within `memory_limit`, as "4GiB", events go through a temporary store
    and features are built group by group. Reasons compare with train applicants at or slightly above `cut_off`, in
    points; with all where there is none. Outcomes are the applications' column, or made as `outcome` says.
    """

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]*$")]
    population: str
    pd_horizon_months: Annotated[int, Field(gt=0)]
    output: str
    seed: int = 1
    memory_limit: Annotated[str | None, Field(pattern=r"^\d+(\.\d+)?[KMGT]iB$")] = None
    events: EventsConfig
    features: FeaturesConfig = FeaturesConfig()
    outcome: OutcomeConfig | None = None
    samples: SamplesConfig
    model: ModelConfig = ModelConfig()
    scale: ScaleConfig = ScaleConfig()
    cut_off: float | None = None
    references: list[ReferenceConfig] = []
    reasons: ReasonsConfig = ReasonsConfig()
    consent: ConsentConfig = ConsentConfig()
    governance: GovernanceConfig = GovernanceConfig()
    fairness: FairnessConfig | None = None
    manipulation: ManipulationConfig | None = None
    registry: RegistryConfig = RegistryConfig()
    neutrality: NeutralityConfig = NeutralityConfig()
    report: ReportConfig = ReportConfig()

    @model_validator(mode="after")
    def _one_horizon(self) -> Self:
        if self.outcome is not None and self.outcome.months != self.pd_horizon_months:
            raise ValueError(
                f"outcome.months ({self.outcome.months}) and pd_horizon_months ({self.pd_horizon_months}) differ; the "
                f"PD is of the outcome's window, so make them the same"
            )
        return self

    @property
    def rules(self) -> Rules:
        """The rules that training and every score apply."""
        return replace(self.governance.rules(), consent=self.consent.rule(bool(self.events.consents)))

    @model_validator(mode="after")
    def _on_one_basis(self) -> Self:
        if self.events.consents and (self.consent.basis is not None or self.consent.families):
            raise ValueError(
                "consent: events.consents has consent records, which say what may be used; leave basis and families out"
            )
        if self.events.consents and not (self.consent.purpose and self.consent.recipient):
            raise ValueError(
                "consent: consent records hold for a purpose and a recipient; add consent: {purpose: …, recipient: …}, "
                "in the records' own words"
            )
        if self.consent.families and self.consent.basis is None:
            raise ValueError("consent.families: say on what basis they may be used: add consent.basis, in words")
        self.consent.rule(bool(self.events.consents))
        return self

    @model_validator(mode="after")
    def _attributes_apart(self) -> Self:
        """No column of the applications may be a protected attribute under another name."""
        for attribute in self.fairness.attributes if self.fairness else ():
            for source in self.events.applications:
                own = source.columns.get(attribute, attribute)
                same = [name for name, read in source.columns.items() if name != attribute and _share(read, own)]
                if same:
                    raise ValueError(
                        f"applications: '{same[0]}' reads the same column as '{attribute}', which fairness.attributes "
                        f"declares protected: it may be no input under another name either; take it out of columns"
                    )
        return self

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [reference.id for reference in self.references]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise ValueError(f"references: '{twice}' is given twice; ids differ")
        return self


def _share(one: str | list[str], other: str | list[str]) -> bool:
    """Whether two columns are read from a common one."""
    names = [{read} if isinstance(read, str) else set(read) for read in (one, other)]
    return bool(names[0] & names[1])


class _StrictLoader(yaml.SafeLoader):
    """YAML without aliases, which a few lines of could fill the memory, and without a key given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        twice = next((key for i, key in enumerate(keys) if key in keys[:i]), None)
        if twice is not None:
            problem = f"key '{twice}' is given twice; keep one"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: Any, index: int) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            problem = "YAML aliases (*name) are refused; write the value out"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)


def load_config(path: str | Path) -> TrainConfig:
    """Read a training config; every mistake in it is named in one ConfigError."""
    path = Path(path)
    try:
        return TrainConfig.model_validate(_read_yaml(path))
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error)}") from None


def folder_of(config: EventsConfig, path: str | Path, given: str | Path | None = None) -> Path:
    """The events folder: the one given on the command line, else the config's, relative to the config file."""
    if given is not None:
        return Path(given)
    missing = [name for name in re.findall(r"\$\{(\w+)\}", config.folder) if not os.environ.get(name)]
    if missing:
        raise ConfigError(
            f"{path}: events.folder needs the environment variable {missing[0]}, which is not set; "
            f"set it, or give the folder with --data FOLDER"
        )
    return Path(path).parent / os.path.expandvars(config.folder)


def _read_yaml(path: Path) -> Any:
    if not path.is_file():
        raise ConfigError(f"{path}: no such config file; give the path of a YAML file, as configs/sample.yaml")
    if path.stat().st_size > LARGEST_CONFIG:
        raise ConfigError(f"{path}: larger than 1 MiB; a config is a few lines of YAML")
    try:
        with path.open(encoding="utf-8") as file:
            content = yaml.load(file, Loader=_StrictLoader)
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:
        # beside its own errors PyYAML lets through those of the 13th month and of a thousand brackets
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys and values, got {type(content).__name__}")
    return content


def _explain(error: ValidationError) -> str:
    return "; ".join(_sentence(dict(item)) for item in error.errors()[:5])


def _sentence(item: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in item["loc"]) or "config"
    if item["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(item["loc"][-1]), _known_keys(), n=1)
        return f"unknown key '{where}'" + (f"; did you mean '{close[0]}'?" if close else "; remove it")
    if item["type"] == "missing":
        return f"missing key '{where}'; add it"
    return f"'{where}': {item['msg'].removeprefix('Value error, ')} (got {item['input']!r:.80})"


def _known_keys() -> list[str]:
    sections: list[type[BaseModel]] = [TrainConfig, *Section.__subclasses__()]
    return sorted({field.alias or name for section in sections for name, field in section.model_fields.items()})
