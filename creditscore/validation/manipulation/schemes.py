"""Ways to game a score: which events one has made, how often, and what money is gone for good.

The costs are assumptions, to be set for the market; the money that moves and comes back is not among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

HOUR = 3_600 * 1_000_000


@dataclass(frozen=True)
class Costs:
    """What is gone for good: the fee of a transfer out (a share of it), the commission that a colluding shop and its
    platform keep of an order (a share), and what a refunded order loses (postage, returns; in the data's currency).
    """

    transfer_fee: float = 0.001
    order_commission: float = 0.06
    refund_loss: float = 10.0


@dataclass(frozen=True)
class Move:
    """One event of a repetition: its kind of transaction, and how long after the repetition's beginning it is made."""

    kind: Literal["purchase", "payment", "refund", "transfer_in", "transfer_out", "top_up", "withdrawal", "income"]
    after: int = 0


@dataclass(frozen=True)
class Scheme:
    """Events that are made together, again and again; each moves `times` the borrower's usual purchase.

    `spent` says what a repetition of those amounts costs, float64[any] of float64[any]. With `shops` the events are at
    so many colluding merchants in turn, else at nobody's.
    """

    name: str
    words: str
    moves: tuple[Move, ...]
    times: float
    spent: Callable[[Floats], Floats]
    shops: int = 0


def schemes_of(costs: Costs) -> tuple[Scheme, ...]:
    """Self-transfers, fake orders and refund loops, at those costs."""
    return (
        Scheme(
            "self-transfers",
            f"money sent to an account of one's own and back an hour later; {costs.transfer_fee:.2%} of it is the fee",
            (Move("transfer_out"), Move("transfer_in", HOUR)),
            5.0,
            lambda amount: costs.transfer_fee * amount,
        ),
        Scheme(
            "fake orders",
            f"orders at shops that return the price elsewhere and keep {costs.order_commission:.1%} of it",
            (Move("purchase"),),
            1.0,
            lambda amount: costs.order_commission * amount,
            shops=5,
        ),
        Scheme(
            "refund loops",
            f"orders sent back after two days; each loses {costs.refund_loss:g} in postage and charges",
            (Move("purchase"), Move("refund", 48 * HOUR)),
            1.0,
            lambda amount: np.full_like(amount, costs.refund_loss),
            shops=5,
        ),
    )
