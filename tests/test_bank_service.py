"""The example of a bank's service, over HTTP on this machine, under load."""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from creditscore.scorecard import load, save
from creditscore.scoring import score
from creditscore.scoring.conformance import AS_OF, made_history
from tests.scorecard.small import small_card

PROJECT = Path(__file__).parents[1]
THREADS, CALLS = 8, 40


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Its port, its card and the file of what it logs; stopped by its process id."""
    folder = tmp_path_factory.mktemp("service")
    card = save(small_card(), folder / "small.scorecard")
    variables = {"CREDITSCORE_CARD": str(folder / "small.scorecard"), "CREDITSCORE_DIGEST": card.digest}
    log = folder / "log"
    with log.open("w") as file:
        command = [sys.executable, str(PROJECT / "examples" / "bank_service.py"), "--port", "0"]
        process = subprocess.Popen(command, env={**os.environ, **variables}, stderr=file, stdout=file, cwd=PROJECT)
        try:
            yield _port(process, log), load(folder / "small.scorecard"), log
        finally:
            process.terminate()
            process.wait(30)


def _port(process, log):
    until = time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-2_000:])


def ask(connection, body, path="/score"):
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_under_load_every_answer_is_the_one_of_a_call(service):
    port, card, _ = service
    histories = [made_history(size) for size in range(0, 60, 6)]
    bodies = [json.dumps({"as_of": AS_OF.isoformat(), "history": history}) for history in histories]
    expected = [json.loads(json.dumps(score(card, history, as_of=AS_OF).to_dict())) for history in histories]

    def client(number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        taken, wrong = [], 0
        for call in range(CALLS):
            i = (number + call) % len(bodies)
            began = time.perf_counter()
            answer = ask(connection, bodies[i])
            taken.append(1e3 * (time.perf_counter() - began))
            wrong += answer != (200, expected[i])
        connection.close()
        return taken, wrong

    with ThreadPoolExecutor(THREADS) as pool:
        taken, wrong = zip(*pool.map(client, range(THREADS)), strict=True)
    p50, p99 = np.percentile(np.concatenate(taken), [50, 99])
    print(f"{THREADS} threads, {THREADS * CALLS} requests: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    assert sum(wrong) == 0


def test_wrong_requests_are_refused_without_what_was_in_them(service):
    port, _, log = service
    sound = {"as_of": AS_OF.isoformat(), "history": made_history(3)}
    secret = "Zhang-17"
    spoilt = [{**row, "amount": secret} for row in sound["history"]["transactions"]]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in (
        {**sound, "as_of": "2025-01-01T00:00:00"},
        {**sound, "history": {"payments": []}},
        {**sound, "history": {"transactions": spoilt}},
        {**sound, "history": {"transactions": secret}},
        {**sound, "more": secret},
        secret,
    ):
        status, answer = ask(connection, json.dumps(body))
        assert status == 422
        assert answer["error"]
        assert secret not in answer["error"]
    assert ask(connection, '{"as_of": ')[0] == 422
    assert secret not in log.read_text()
    connection.close()


def test_what_is_too_large_is_refused_unread(service):
    connection = http.client.HTTPConnection("127.0.0.1", service[0], timeout=60)
    connection.putrequest("POST", "/score")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_health_says_which_model(service):
    port, card, _ = service
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/health")
    assert json.loads(connection.getresponse().read()) == {"model_id": card.model_id, "digest": card.digest}
    connection.close()
