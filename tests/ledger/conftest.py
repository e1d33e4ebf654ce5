"""A ledger of one agency, and two banks that ask it."""

import json

import pytest

from creditscore.governance.secrets import Secret
from creditscore.ledger import Inquiry, create_ledger

SECRET = Secret(b"only for tests, 32 bytes or more")


def told(points, platforms=("alder",)):
    return json.dumps({"points": points, "reasons": [["S01", -3.5]], "platforms": list(platforms)})


@pytest.fixture
def ledger(tmp_path):
    return create_ledger(tmp_path / "ledger.db", keeper="agency")


@pytest.fixture
def bank(ledger):
    return Inquiry(ledger, "bank", "credit decision", SECRET, fee="0.35", currency="CNY")


@pytest.fixture
def other_bank(ledger):
    return Inquiry(ledger, "other bank", "credit decision", SECRET, fee="0.5", currency="CNY")


@pytest.fixture
def filled(ledger, bank, other_bank):
    """Eight entries: three and two of the bank's, three of the other's, of the borrowers b0, b1, b2."""
    bank.record("m-1", "sha256:1", ["b0", "b1", "b2"], [told(600), told(610), told(620, ("alder", "birch"))])
    other_bank.record("m-1", "sha256:1", ["b0", "b1", "b2"], [told(601), told(611), told(621, ())])
    bank.record("m-2", "sha256:2", ["b0", "b1"], [told(602), told(612)])
    return ledger
