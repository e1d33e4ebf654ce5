"""Rows of dicts through gathering and arranging, for the tests of both."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from creditscore.features import count, transactions
from creditscore.features.arrange import arrange, layout_of
from creditscore.features.columns import NEVER, NULL
from creditscore.features.gather import gather, owners, source_of
from creditscore.features.grouping import group, wanted
from creditscore.features.plan import make_plan
from creditscore.features.verdicts import verdicts_of
from tests.features.histories import NOW, as_table
from tests.features.oracle import DAY_US

BORROWERS = pa.array(["b0", "b1"])
COUNTED = count(transactions, days=30)


def transaction(**given):
    row = {"borrower_id": "b0", "event_id": "e", "time": NOW - DAY_US, "platform": "a", "kind": "purchase",
           "amount": 100, "status": "completed", "utc_offset_minutes": 0}  # fmt: skip
    return {**row, **given}


def arranged(rows, features=COUNTED, table="transactions", borrowers=BORROWERS):
    """The columns, each event's row in the table, and the plan."""
    (plan,) = make_plan(list(features)).tables
    made = as_table(table, rows)
    source = source_of(made, plan)
    with ThreadPoolExecutor(1) as pool:
        codes, place = owners(made["borrower_id"], borrowers)
        asked = wanted(place, np.full(len(borrowers), NULL), np.full(len(borrowers), NEVER))
        order, starts = group(codes, source.numbers["time"], asked, len(borrowers), pool, 1)
    events = gather(source, plan, order, starts)
    verdicts = verdicts_of(plan, [source.words.get(name, []) for name in plan.codes])
    return arrange(events, plan, layout_of(plan), verdicts), order.tolist(), plan
