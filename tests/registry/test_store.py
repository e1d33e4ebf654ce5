"""Which stores are taken, by the registry and by a config, and what is said of the others."""

import base64
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from creditscore.config import load_config
from creditscore.errors import ConfigError, InputError
from creditscore.registry import history
from tests.registry.made import QUIET, free_port

import mlflow  # isort: skip  its warnings are silenced where creditscore.registry imports it first

pytestmark = QUIET

SAMPLE = Path(__file__).parents[2] / "configs" / "sample.yaml"


def test_another_registry_address_in_the_process_does_not_catch_the_model(recorded, monkeypatch, tmp_path):
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", elsewhere)
    assert recorded.made.log(recorded.store, name="own-place").version == "1"
    assert not (tmp_path / "elsewhere.db").exists()
    assert mlflow.get_registry_uri() == elsewhere


@pytest.mark.parametrize(
    "store", ["runs/mlruns", "file:///runs", "sqlite:///", "postgresql://user:hush@host/db", "ftp://host"]
)
def test_other_stores_are_refused(made, store):
    with pytest.raises(ConfigError, match=r"expected sqlite:///path/to/mlflow\.db, or http:// or https://") as caught:
        made.log(store)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("store", ["http://user:hush@server:5000", "https://hush@server", "http://server?token=hush"])
def test_credentials_in_an_address_are_refused_and_not_shown(made, store):
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_USERNAME") as caught:
        made.log(store)
    assert "hush" not in str(caught.value)


def configured(tmp_path, store):
    content = yaml.safe_load(SAMPLE.read_text(encoding="utf-8")) | {"registry": {"store": store}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_config(tmp_path / "config.yaml").registry


@pytest.mark.parametrize(
    "store", ["http://user:hush/x@server:5000", "https://hush@server", "http://server?token=hush", "http://server#hush"]
)
def test_credentials_in_a_config_are_refused_and_not_shown(tmp_path, store):
    with pytest.raises(ConfigError, match=r"'registry\.store': .* set MLFLOW_TRACKING_USERNAME") as caught:
        configured(tmp_path, store)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("store", ["", "mlruns", "sqlite:///", "http://", "postgresql://user:hush@host/db"])
def test_other_stores_in_a_config_are_refused(tmp_path, store):
    with pytest.raises(ConfigError, match=r"'registry\.store': expected sqlite:///mlflow\.db, or http://") as caught:
        configured(tmp_path, store)
    assert "hush" not in str(caught.value)


def test_a_config_gives_the_stores_address(tmp_path):
    output = tmp_path / "out"
    assert configured(tmp_path, "sqlite:///a@b/m.db").address(output) == f"sqlite:///{output}/a@b/m.db"
    assert configured(tmp_path, "sqlite:////srv/m.db").address(output) == "sqlite:////srv/m.db"
    assert configured(tmp_path, "https://server:5000/ml").address(output) == "https://server:5000/ml"


def test_a_server_that_is_not_there_and_a_file_that_is_no_store_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(InputError, match="see that the server runs there") as caught:
        history(f"http://127.0.0.1:{free_port()}", "made-card")
    assert len(str(caught.value).splitlines()) == 1
    (tmp_path / "no.db").write_text("no database at all, only text, and more of it than a header holds" * 9)
    with pytest.raises(InputError, match="see that the file is an MLflow store"):
        history(f"sqlite:///{tmp_path / 'no.db'}", "made-card")


@contextmanager
def refusing_server(seen):
    """A server on loopback that notes who asks, and lets nobody in."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers["Authorization"])
            self.send_error(401)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_credentials_come_from_the_environment_and_are_not_shown(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "wang")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hush")
    seen = []
    with refusing_server(seen) as address, pytest.raises(InputError, match="401") as caught:
        history(address, "made-card")
    assert seen == ["Basic " + base64.b64encode(b"wang:hush").decode()]
    assert "hush" not in str(caught.value)
