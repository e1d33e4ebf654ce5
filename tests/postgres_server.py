"""A PostgreSQL server of the tests' own, on this machine."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path


def program(name):
    """Where a program of PostgreSQL's is; None where it is not installed."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(places[-1]) if places else None)


@contextmanager
def running_server():
    """A server's URL; its files are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        yield from _running(Path(folder), port)


def _running(folder, port):
    # PostgreSQL does not run as root
    owner = {"user": "postgres"} if os.geteuid() == 0 else {}
    if owner:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    data, log = folder / "data", folder / "log"
    made = [program("initdb"), "-D", str(data), "-U", "keeper", "-A", "trust", "-E", "UTF8"]
    subprocess.run(made, check=True, capture_output=True, cwd=folder, **owner)
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
    with log.open("w") as out:
        running = subprocess.Popen([program("postgres"), "-D", str(data), *options], stderr=out, cwd=folder, **owner)
    try:
        url = f"postgresql://keeper@127.0.0.1:{port}/postgres"
        _wait_for(url, log)
        yield url
    finally:
        running.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed any more
        running.wait(30)


def _wait_for(url, log):
    import psycopg

    for _ in range(300):
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
