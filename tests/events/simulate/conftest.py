"""One block of borrowers, what they did and applied for, and one small market as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from creditscore.events.simulate import simulate
from creditscore.events.simulate.behaviour import Histories
from creditscore.events.simulate.borrowers import Borrowers, borrowers
from creditscore.events.simulate.lending import applications
from creditscore.events.simulate.payments import payments
from creditscore.events.simulate.rows import Rows, stacked
from creditscore.events.simulate.shopping import shopping
from creditscore.events.simulate.travel import bookings, orders


@pytest.fixture(scope="session")
def people() -> Borrowers:
    return borrowers(np.random.default_rng(5), 400)


@pytest.fixture(scope="session")
def tables(people: Borrowers) -> Mapping[str, Rows]:
    rng = np.random.default_rng(6)
    bought, owed = shopping(rng, people)
    return {
        "payments": payments(rng, people),
        "shopping": bought,
        "instalments": owed,
        "orders": orders(rng, people),
        "bookings": bookings(rng, people),
        "applications": applications(rng, people),
    }


@pytest.fixture(scope="session")
def histories(tables: Mapping[str, Rows]) -> Histories:
    spent = stacked(tables[name] for name in ("payments", "shopping", "orders"))
    return Histories(spent, tables["bookings"], tables["instalments"])


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market")
    simulate(folder, borrowers=1_200, seed=8)
    return folder
