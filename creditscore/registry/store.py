"""Where MLflow keeps things: an SQLite file or a tracking server, connected to for a while."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sqlalchemy.exc import SQLAlchemyError

from creditscore.errors import ConfigError, InputError

_SQLITE = "sqlite:///"
_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"


def made_address(store: str) -> str:
    """The address of a store to write to, with a folder for its file."""
    address = address_of(store)
    if database := _database(address):
        database.parent.mkdir(parents=True, exist_ok=True)
    return address


def known_address(store: str) -> str:
    """The address of a store that is there; MLflow would make one."""
    address = address_of(store)
    database = _database(address)
    if database and not database.is_file():
        raise ConfigError(f"registry store {store}: no such file; give the store that a training was recorded in")
    return address


@contextmanager
def connected(store: str, address: str) -> Iterator[MlflowClient]:
    """A client of the store; what goes wrong there is an InputError of one line."""
    with _quiet(), _addressed(address):
        try:
            yield MlflowClient(tracking_uri=address, registry_uri=address)
        except (MlflowException, SQLAlchemyError) as error:
            (said, *_) = str(error).strip().splitlines() or [type(error).__name__]
            raise InputError(f"registry {store}: {said[:300]}; {_remedy(address)}") from error


def experiment_of(client: MlflowClient, name: str, store: str) -> str:
    """The experiment of that name, made if absent; a server knows itself where its files go."""
    known = client.get_experiment_by_name(name)
    if known:
        return known.experiment_id
    database = _database(address_of(store))
    folder = (database.parent / "mlflow-artifacts").as_uri() if database else None
    return client.create_experiment(name, artifact_location=folder)


def existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise ConfigError(f"{path}: no such file to record; write it first")
    return Path(path)


def address_of(store: str) -> str:
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
