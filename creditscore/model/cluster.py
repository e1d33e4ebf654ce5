"""Trees trained on a Dask cluster: rows dealt out to its workers, over which LightGBM trains data-parallel."""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

import lightgbm
import numpy as np
import numpy.typing as npt

from creditscore.errors import ConfigError, TrainingError
from creditscore.features.matrix_file import BATCH
from creditscore.model.fit import on_one_machine
from creditscore.model.rows import RowsOf

if TYPE_CHECKING:
    import dask.array
    import distributed

Floats = npt.NDArray[np.float64]
Made = TypeVar("Made")

# Seconds in which a scheduler answers, and between two looks at whether all workers are there.
ANSWERS_WITHIN, LOOKED_EVERY = 10.0, 1.0
# Each worker finds bins on its own rows alone, so that fewer would make them coarse: then not all workers are used.
FEWEST_ROWS = 500
# Not all histograms are on every worker, which LightGBM's other ways of keeping to directions need.
PARALLEL = {"tree_learner": "data", "monotone_constraints_method": "basic", "feature_pre_filter": False}


@dataclass(frozen=True)
class Cluster:
    """Workers (their addresses) of a Dask scheduler, on which a fit may take so many minutes."""

    client: distributed.Client
    scheduler: str
    workers: tuple[str, ...]
    minutes: float

    def train(
        self, X: Floats | RowsOf, outcome: Floats, weight: Floats | None, names: list[str], settings: Mapping[str, Any]
    ) -> str:
        """As `on_one_machine`, on the workers. Raises TrainingError where one is lost, or it takes too long."""
        # what LightGBM refuses is told by a few rows here, and no worker is left half-way
        some = slice(0, FEWEST_ROWS)
        on_one_machine(X[some], outcome[some], None, names, {**settings, "num_iterations": 1, "num_threads": 1})
        settings = {name: value for name, value in settings.items() if name != "num_threads"} | PARALLEL
        return without_addresses(self._watched(lambda: self._fit(X, outcome, weight, names, settings)))

    def _fit(
        self, X: Floats | RowsOf, outcome: Floats, weight: Floats | None, names: list[str], settings: Mapping[str, Any]
    ) -> str:
        from lightgbm.dask import DaskLGBMRegressor

        settings = dict(settings)
        rounds = settings.pop("num_iterations")
        # the regressor with a binary objective: the classifier numbers classes on each worker's own rows
        model = DaskLGBMRegressor(n_estimators=rounds, client=self.client, **settings)
        workers = self.workers[: max(1, len(outcome) // FEWEST_ROWS)]
        with self.client.as_current():
            model.fit(
                self._dealt(X, workers),
                self._dealt(outcome, workers),
                sample_weight=None if weight is None else self._dealt(weight, workers),
                feature_name=names,
            )
        return str(model.booster_.model_to_string())

    def _dealt(self, values: Floats | RowsOf, workers: Sequence[str]) -> dask.array.Array:
        """Each worker every so-many-th row, in one part, so that all have some of every date; read block by block."""
        import dask.array

        held: list[list[distributed.Future]] = [[] for _ in workers]
        step = BATCH // len(workers) * len(workers) or len(workers)
        for start in range(0, len(values), step):
            block = values[start : start + step]
            for i, worker in enumerate(workers):
                own = np.ascontiguousarray(block[i :: len(workers)])
                held[i].append(self.client.scatter(own, workers=[worker], hash=False))
        rows = [len(range(i, len(values), len(workers))) for i in range(len(workers))]
        return dask.array.concatenate(
            [
                dask.array.from_delayed(
                    self.client.submit(np.concatenate, parts, workers=[worker], pure=False),
                    shape=(own, *values.shape[1:]),
                    dtype=np.float64,
                )
                for parts, worker, own in zip(held, workers, rows, strict=True)
            ]
        )

    def _watched(self, work: Callable[[], Made]) -> Made:
        """What the work makes, for as long as every worker is there: LightGBM itself would wait for a lost one."""
        until = monotonic() + 60 * self.minutes
        with warnings.catch_warnings():
            # the estimator's own default, of which it then warns
            warnings.filterwarnings("ignore", "Parameter n_jobs will be ignored", UserWarning)
            made = _begun(work)
            while not _over(made, LOOKED_EVERY):
                self._check_workers()
                if monotonic() > until:
                    raise TrainingError(
                        f"training on the cluster at {self.scheduler} took longer than model.timeout_minutes "
                        f"({self.minutes:g}); look whether its workers are at work, start them again, or give it more"
                    )
        error = made.exception()
        if error is not None:
            # peers of a lost worker fail before the scheduler knows of it
            sleep(LOOKED_EVERY)
            self._check_workers()
            raise _explained(error, self.scheduler)
        return made.result()

    def _check_workers(self) -> None:
        try:
            there = _begun(self.client.nthreads).result(ANSWERS_WITHIN)
        except OSError:
            raise TrainingError(
                f"the Dask scheduler at {self.scheduler} (model.scheduler) was lost while trees were trained; nothing "
                f"was kept: start it and its workers again, and train again"
            ) from None
        lost = len(set(self.workers) - set(there))
        if lost:
            raise TrainingError(
                f"{lost} of {len(self.workers)} workers of the Dask cluster at {self.scheduler} (model.scheduler) were "
                f"lost while trees were trained; nothing was kept: look in their logs (often they run out of memory), "
                f"and train again, with more or larger workers where memory was short"
            )


@contextmanager
def connected(scheduler: str, minutes: float) -> Iterator[Cluster]:
    """The cluster of that scheduler, as tcp://host:8786.

    Raises ConfigError where none answers, or it has no workers.
    """
    from distributed import Client

    try:
        # on a loop of its own: a client that never gets an answer would share one with others, and break them
        _begun(lambda: asyncio.run(_answered(scheduler))).result()
        client = Client(scheduler, timeout=ANSWERS_WITHIN, set_as_default=False)
    except (OSError, TypeError, ValueError) as error:
        why = "" if isinstance(error, OSError) else f" ({error})"
        raise ConfigError(
            f"model.scheduler: no Dask scheduler answers at {scheduler} within {ANSWERS_WITHIN:g} s{why}; start one "
            f"with `dask scheduler`, give its address, or leave out model.engine to train on this machine"
        ) from None
    try:
        workers = tuple(sorted(client.nthreads()))
        if not workers:
            raise ConfigError(
                f"model.scheduler: the Dask scheduler at {scheduler} has no workers; start some with "
                f"`dask worker {scheduler}`"
            )
        yield Cluster(client, scheduler, workers, minutes)
    finally:
        client.close(timeout=ANSWERS_WITHIN)


async def _answered(scheduler: str) -> None:
    """Until the scheduler has answered: a server of another kind may keep a client waiting for ever."""
    from distributed.core import rpc

    async with rpc(scheduler) as there:
        await asyncio.wait_for(there.identity(), ANSWERS_WITHIN)


def workers_of(text: str) -> int:
    """On how many workers a model of that text was trained."""
    found = re.search(r"^\[num_machines: (\d+)\]$", text, flags=re.MULTILINE)
    return int(found[1]) if found else 1


def without_addresses(text: str) -> str:
    """The model text without the workers' addresses, which are nobody's concern outside."""
    return re.sub(r"^\[(machines|local_listen_port|time_out): .*\]\n", "", text, flags=re.MULTILINE)


def _explained(error: BaseException, scheduler: str) -> BaseException:
    """What is wrong between or on the workers, in words; any other error as it is."""
    from distributed import CancelledError, KilledWorker

    where = f"the workers of the Dask cluster at {scheduler} (model.scheduler)"
    if isinstance(error, lightgbm.basic.LightGBMError) and re.search("socket|connect|bind", str(error), re.IGNORECASE):
        return TrainingError(
            f"{where} did not reach each other ({error}); LightGBM opens a free port on each: let them through between "
            f"the workers, start the workers again, and train again"
        )
    if isinstance(error, (ImportError, MemoryError)):
        return TrainingError(
            f"{where} could not train ({type(error).__name__}: {error}); each needs dask, lightgbm and scikit-learn, "
            f"of the same versions as here, and memory for its rows three times"
        )
    if isinstance(error, (CancelledError, KilledWorker)):
        return TrainingError(f"{where} gave the work up ({type(error).__name__}); look in their logs, and train again")
    return error


def _begun(work: Callable[[], Made]) -> Future[Made]:
    """The work on a thread that no exit waits for, unlike an executor's."""
    made: Future[Made] = Future()

    def run() -> None:
        try:
            made.set_result(work())
        except BaseException as error:
            made.set_exception(error)

    Thread(target=run, daemon=True).start()
    return made


def _over(made: Future[Made], seconds: float) -> bool:
    """Whether the work is over within so many seconds."""
    try:
        made.exception(seconds)
    except TimeoutError:
        return False
    return True
