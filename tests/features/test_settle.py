"""Ties: one order, whatever the rows' order and whatever became known later."""

import numpy as np
import pytest

from creditscore.events.schema import MADE_ID
from creditscore.features import count, obligations
from tests.features.arranging import arranged, transaction
from tests.features.histories import NOW


@pytest.mark.parametrize("seed", range(5))
def test_ties_are_settled_by_event_id_whatever_the_rows_order_and_platform(seed):
    draw = np.random.default_rng(seed)
    ids = draw.permutation([f"e{i}" for i in range(9)]).tolist()
    rows = [transaction(event_id=one, platform=str(draw.choice(["a", "b", "z"]))) for one in ids]
    _, order, _ = arranged(rows)
    assert [ids[place] for place in order] == sorted(ids)


@pytest.mark.parametrize("seed", range(5))
def test_ties_of_ids_made_from_row_numbers_are_settled_by_content_and_not_by_platform(seed):
    draw = np.random.default_rng(seed)
    amounts = draw.permutation(9).tolist()
    rows = [transaction(event_id=f"row:{i}", amount=amount, platform=str(draw.choice(["a", "b", "z"])))
            for i, amount in enumerate(amounts)]  # fmt: skip
    _, order, _ = arranged(rows)
    assert [amounts[place] for place in order] == sorted(amounts)


def test_what_became_known_later_does_not_change_the_order_of_ties():
    """Two bills of one instant, alike but for their payment: the one still unpaid stays last, whenever it is paid."""
    bill = {"time": NOW, "platform": "a", "kind": "bill", "due_at": NOW, "amount_due": 100, "utc_offset_minutes": 0}
    orders = []
    for later in (None, NOW + 9, NOW + 99):
        rows = [{**bill, "event_id": f"{MADE_ID}f:{i}", "borrower_id": "b0", "paid_at": paid}
                for i, paid in enumerate((later, NOW + 5))]  # fmt: skip
        _, order, _ = arranged(rows, count(obligations, days=30), "obligations")
        orders.append(order)
    assert orders == [[1, 0]] * 3
