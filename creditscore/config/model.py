"""How the trees are trained, here or on a cluster, and the points scale."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from creditscore.config.section import Section


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
