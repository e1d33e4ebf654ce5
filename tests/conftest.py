"""The sample, read and trained once for all tests."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# no test is timed: the first call compiles, and machines are slow at times
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Skips that say nothing of this machine: data that is not the project's, and what scikit-learn leaves out by default.
ALLOWED_SKIPS = ("BERKA", "SCIPY_ARRAY_API")


def pytest_addoption(parser):
    parser.addoption("--all-parts", action="store_true", help="a test skipped for want of a part of the machine fails")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    return counted(item, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return counted(collector, (yield))


def counted(node, report):
    """The report, failed where it was skipped and all parts must be there."""
    skipped = report.skipped and not hasattr(report, "wasxfail")
    allowed = any(one in str(report.longrepr) for one in ALLOWED_SKIPS)
    if node.config.getoption("--all-parts") and skipped and not allowed:
        report.outcome, report.longrepr = "failed", f"skipped, and --all-parts was asked for: {report.longrepr}"
    return report


PROJECT = Path(__file__).parents[1]
SAMPLE = PROJECT / "configs" / "sample.yaml"


@pytest.fixture(scope="session")
def server():
    """The URL of a PostgreSQL server."""
    from tests.postgres_server import program, running_server

    pytest.importorskip("psycopg", reason="needs the postgres extra")
    if not program("initdb") or not program("postgres"):
        pytest.skip("no PostgreSQL server on this machine: apt-get install postgresql")
    with running_server() as url:
        yield url


@pytest.fixture
def database(server, request):
    """A database of its own."""
    import psycopg

    name = f"t{abs(hash(request.node.nodeid))}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def sample_config():
    from creditscore.config import load_config

    return load_config(SAMPLE)


@pytest.fixture(scope="session")
def sample_events(sample_config):
    from creditscore.training import read_events

    return read_events(sample_config, SAMPLE)


@pytest.fixture(scope="session")
def prepared(sample_config, sample_events):
    from creditscore.training import chosen_features, prepare

    return prepare(sample_config, sample_events, chosen_features(sample_config))


@pytest.fixture(scope="session")
def trained(sample_config, prepared):
    from creditscore.training import fit

    return fit(sample_config, prepared)


@pytest.fixture(scope="session")
def card_path(trained, tmp_path_factory):
    from creditscore.scorecard import save

    path = tmp_path_factory.mktemp("card") / "sample.scorecard"
    save(trained.card, path)
    return path


@pytest.fixture(scope="session")
def card(card_path):
    from creditscore.scorecard import load

    return load(card_path)


@pytest.fixture(scope="session")
def dask_scheduler():
    """The address of a Dask scheduler on loopback with two workers, processes of their own; stopped at the end."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed (the dask extra)")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0"
    ) as cluster:
        yield cluster.scheduler_address
