"""What follows when some figures of a row change: the others move with them, or the change is impossible.

A change of one window's sum carries into the longer windows, which contain it; quotients, means and differences are
made again of their parts; a figure that would break an order between figures moves to its end, where it may move at
all; where nothing is left to count, what is of these events is 0, missing or past its limit, as its definition says.
What is only a part of something else moves alone: the rest of the whole makes up for it. What still contradicts itself
after that is refused.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.features.consistency import DIFFERENCE, NONE, QUOTIENT, Relations
from creditscore.features.figures import CLOSE, PLAIN, UNKNOWN

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# More rounds than any chain of consequences is long.
_MOST_ROUNDS = 30
_SAME = 1e-6
MOVED, REFUSED = 1, 2


class Rules(NamedTuple):
    """The relations that hold in one row, `base` its figures: as in `Relations`, without those that it does not tell.

    `made` are the wholes that follow from their parts, `maker[figure]` the row of `made` that makes it, −1 for none;
    `watched` the others, of which a part is known. The chain c has the figures members[starts[c] : starts[c + 1]].
    `movable` figures may be moved to keep an order.
    """

    base: Floats
    unit: Ints
    step: Floats
    days: Floats
    never_below_zero: Bools
    movable: Bools
    chain: Ints
    starts: Ints
    members: Ints
    maker: Ints
    made: Ints
    watched: Ints
    orders: Ints
    sums: Ints
    reached: Ints
    ends: Floats
    needed: Ints
    zeros: Ints
    emptied: Ints
    unbroken: Ints
    together: Ints


def rules_of(relations: Relations, base: Floats, unit: Ints) -> Rules:
    """The rules of one row of figures, float64[figures] and their units. Nothing is movable yet.

    Relations that the row itself breaks, as only one made by other means does, are left out.
    """
    known, r = unit != UNKNOWN, relations
    made = _holding(base, unit, r.made)
    parts_known = known[r.made[:, 2]] | known[r.made[:, 3]]
    reached = _known(known, r.reached) & _reaches(base, r.reached, r.ends)
    maker = np.full(len(base), NONE, np.int64)
    maker[r.made[made, 1]] = np.arange(made.sum())
    starts, members = _by_chain(r.chain)
    return Rules(
        base=base,
        unit=unit,
        step=np.where(unit == PLAIN, r.step, 0.0),
        days=r.days,
        never_below_zero=r.never_below_zero & known & ~(base < 0),
        movable=np.zeros(len(base), np.bool_),
        chain=r.chain,
        starts=starts,
        members=members,
        maker=maker,
        made=r.made[made],
        watched=r.made[~made & parts_known],
        orders=r.orders[_in_one_unit(unit, r.orders) & ~(_less(base, r.orders) > 0)],
        sums=r.sums[_in_one_unit(unit, r.sums[:, :3]) & _adds_up(base, r.sums)],
        reached=r.reached[reached],
        ends=r.ends[reached],
        needed=r.needed[known[r.needed[:, 0]] & ((r.needed[:, 2] == 1) | (unit[r.needed[:, 0]] == PLAIN))],
        zeros=r.zeros[_known(known, r.zeros) & ((base[r.zeros[:, 0]] != 0) | (base[r.zeros[:, 1]] == 0))],
        emptied=r.emptied[_known(known, r.emptied)],
        unbroken=r.unbroken[_known(known, r.unbroken)],
        together=r.together[_known(known, r.together)],
    )


def _known(known: Bools, rows: Ints) -> Bools:
    return np.asarray(known[rows].all(axis=1))


def _in_one_unit(unit: Ints, rows: Ints) -> Bools:
    units = unit[rows]
    return np.asarray((units == units[:, :1]).all(axis=1) & (units[:, 0] != UNKNOWN))


def _less(base: Floats, orders: Ints) -> Floats:
    """By how much an order is broken, above what is rounding."""
    more = base[orders[:, 1]]
    return np.asarray(base[orders[:, 0]] - more - CLOSE * np.maximum(1.0, np.abs(more)))


def _adds_up(base: Floats, sums: Ints) -> Bools:
    whole, parts = base[sums[:, 0]], base[sums[:, 1]] + base[sums[:, 2]]
    rounding = CLOSE * np.maximum(1.0, np.abs(whole))
    return np.asarray((parts <= whole + rounding) & ((parts >= whole - rounding) | (sums[:, 3] == 0)))


def _reaches(base: Floats, reached: Ints, ends: Floats) -> Bools:
    at, middle = base[reached[:, 1]], ends.mean(axis=1)
    inside = np.where(ends[:, 0] > ends[:, 1], at > middle, at < middle)
    return np.asarray(inside == (base[reached[:, 0]] > 0))


def _holding(base: Floats, unit: Ints, made: Ints) -> Bools:
    """The wholes that are, in this row, what their known parts make."""
    operation, whole, first, second = made.T
    of, one, other = unit[whole], unit[first], unit[second]
    units = np.where(other == PLAIN, of == one, (one == other) & (of == PLAIN))
    units = np.where(operation == DIFFERENCE, (of == one) & (one == other), units)
    known = (of != UNKNOWN) & (one != UNKNOWN) & (other != UNKNOWN)
    with np.errstate(divide="ignore", invalid="ignore"):
        again = np.where(operation == QUOTIENT, base[first] / base[second], base[first] - base[second])
        close = np.abs(again - base[whole]) <= _SAME * np.maximum(1.0, np.abs(base[whole]))
    return np.asarray(known & units & close)


def _by_chain(chain: Ints) -> tuple[Ints, Ints]:
    members = np.argsort(chain, kind="stable")[(chain == NONE).sum() :]
    return np.searchsorted(chain[members], np.arange(chain.max(initial=NONE) + 2)), members


@compiled
def follow(rules: Rules, levers: Ints, targets: Floats, values: Floats, possible: Bools) -> None:
    """Fill values[i], float64[rows, figures], with what follows where the figures levers[i] come to targets[i]; and
    possible[i] with whether it can be. A lever below 0 is none; those of shorter windows come first.
    """
    for i in range(len(levers)):
        values[i] = rules.base
        possible[i] = _follow(rules, levers[i], targets[i], values[i])


@compiled
def _follow(rules: Rules, levers: Ints, targets: Floats, value: Floats) -> bool:
    for k in range(len(levers)):
        figure = levers[k]
        if figure >= 0:
            # One that others have already moved as far is no lever of its own.
            if (targets[k] - value[figure]) * (targets[k] - rules.base[figure]) <= 0.0:
                return False
            _put(rules, value, figure, targets[k])
    for _ in range(_MOST_ROUNDS):
        done = _make(rules, value) | _keep_counts(rules, value) | _keep_zeros(rules, value)
        done |= _keep_streaks(rules, value) | _keep_limits(rules, value) | _keep_orders(rules, value)
        if done == 0:
            done = _keep_sums(rules, value)
        if done & REFUSED:
            return False
        if done == 0:
            return _at_targets(levers, targets, value) and _holds(rules, value)
    return False


@compiled
def _at_targets(levers: Ints, targets: Floats, value: Floats) -> bool:
    for k in range(len(levers)):  # noqa: SIM110  Numba does not compile all()
        if levers[k] >= 0 and not _close(value[levers[k]], targets[k]):
            return False
    return True


@compiled
def _close(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(1.0, abs(other))


@compiled
def _put(rules: Rules, value: Floats, figure: int, number: float) -> None:
    """Set a figure; of a sum, longer windows change by as much, and shorter ones hold no more."""
    was, chain, days, unit = value[figure], rules.chain[figure], rules.days, rules.unit
    if chain >= 0:
        for member in rules.members[rules.starts[chain] : rules.starts[chain + 1]]:
            if unit[member] == unit[figure] and not np.isnan(value[member]):
                if days[member] > days[figure]:
                    value[member] = _on_step(value[member] + (number - was), rules.step[member])
                elif rules.never_below_zero[figure] and value[member] > number:
                    value[member] = number
    value[figure] = number
    for pair in range(len(rules.together)):
        for side in range(2):
            if rules.together[pair, side] == figure and was != 0.0:
                value[rules.together[pair, 1 - side]] *= number / was


@compiled
def _on_step(number: float, step: float) -> float:
    return np.rint(number * step) / step if step > 0.0 else number


@compiled
def _push(rules: Rules, value: Floats, figure: int, number: float, up: bool) -> int:
    """Bring a figure to a number by what it is made of first; in whole steps, and not short of it."""
    while rules.maker[figure] >= 0:
        made = rules.maker[figure]
        operation, first, second = rules.made[made, 0], rules.made[made, 2], rules.made[made, 3]
        if operation == DIFFERENCE:
            number = number + value[second]
        elif value[second] > 0.0:
            number = number * value[second]
        else:
            return REFUSED
        figure = first
    if not rules.movable[figure]:
        return REFUSED
    if rules.step[figure] > 0.0:
        steps = number * rules.step[figure]
        number = (np.ceil(steps - CLOSE) if up else np.floor(steps + CLOSE)) / rules.step[figure]
    if number == value[figure]:
        return REFUSED
    _put(rules, value, figure, number)
    return MOVED


@compiled
def _make(rules: Rules, value: Floats) -> int:
    """Make the wholes of which a part changed."""
    base, made, done = rules.base, rules.made, 0
    for m in range(len(made)):
        whole, first, second = made[m, 1], made[m, 2], made[m, 3]
        one, other = value[first], value[second]
        if one == base[first] and other == base[second]:
            again = base[whole]
        elif made[m, 0] == DIFFERENCE:
            again = one - other
        else:
            again = one / other if other != 0.0 else np.nan
        if again != value[whole] and not (np.isnan(again) and np.isnan(value[whole])):
            value[whole] = again
            done = MOVED
    return done


@compiled
def _keep_orders(rules: Rules, value: Floats) -> int:
    """Where one figure is above another that it cannot exceed, the one that did not move there gives way."""
    base, orders, done = rules.base, rules.orders, 0
    for i in range(len(orders)):
        less, more = orders[i, 0], orders[i, 1]
        low, high = value[less], value[more]
        if low > high and not _close(low, high):
            if not high < base[more]:
                done |= _push(rules, value, more, low, True)
            elif low > base[less]:
                done |= REFUSED
            else:
                done |= _push(rules, value, less, high, False)
    return done


@compiled
def _keep_sums(rules: Rules, value: Floats) -> int:
    """Where one part of a sum moved and the other did not, the other is the rest; where both or neither, who knows."""
    base, sums, done = rules.base, rules.sums, 0
    for i in range(len(sums)):
        whole, one, other = sums[i, 0], sums[i, 1], sums[i, 2]
        parts = value[one] + value[other]
        if (parts > value[whole] or (sums[i, 3] == 1 and parts < value[whole])) and not _close(parts, value[whole]):
            if (value[one] != base[one]) == (value[other] != base[other]):
                return REFUSED
            still, moved = (other, one) if value[one] != base[one] else (one, other)
            rest = value[whole] - value[moved]
            done |= _push(rules, value, still, rest, rest > value[still])
    return done


@compiled
def _keep_limits(rules: Rules, value: Floats) -> int:
    """Counts of what is past a limit, and the extremes that tell whether there is any."""
    base, reached, ends, done = rules.base, rules.reached, rules.ends, 0
    for i in range(len(reached)):
        count, figure, inside, outside = reached[i, 0], reached[i, 1], ends[i, 0], ends[i, 1]
        number, at = value[count], value[figure]
        if np.isnan(at) or np.isnan(number):
            continue
        is_inside = at > (inside + outside) / 2 if inside > outside else at < (inside + outside) / 2
        if (number > 0.0) == is_inside:
            continue
        if number > 0.0 and at != base[figure]:
            _put(rules, value, count, 0.0)
        elif number != base[count]:
            _put(rules, value, figure, inside if number > 0.0 else outside)
        else:
            return done | REFUSED
        done |= MOVED
    return done


@compiled
def _keep_counts(rules: Rules, value: Floats) -> int:
    """What definitions say of few events: a figure is missing."""
    needed, unit, done = rules.needed, rules.unit, 0
    for i in range(len(needed)):
        count, figure = needed[i, 0], needed[i, 1]
        if not np.isnan(value[figure]) and _too_few(unit, value, count, needed[i, 2]):
            value[figure] = np.nan
            done = MOVED
    return done


@compiled
def _keep_zeros(rules: Rules, value: Floats) -> int:
    """What definitions say of nothing: totals of no events are 0, and a total that falls to 0 leaves none."""
    zeros, emptied, base, maker, done = rules.zeros, rules.emptied, rules.base, rules.maker, 0
    for i in range(len(zeros)):
        figure = zeros[i, 1]
        if value[zeros[i, 0]] == 0.0 and abs(value[figure]) > 0.0 and maker[figure] < 0:
            _put(rules, value, figure, 0.0)
            done = MOVED
    for i in range(len(emptied)):
        total, count = emptied[i, 0], emptied[i, 1]
        if value[total] == 0.0 and base[total] > 0.0 and value[count] > 0.0:
            _put(rules, value, count, 0.0)
            done = MOVED
    return done


@compiled
def _keep_streaks(rules: Rules, value: Floats) -> int:
    """A streak that nothing breaks any more is all that it is of."""
    unbroken, done = rules.unbroken, 0
    for i in range(len(unbroken)):
        rest, whole, streak = unbroken[i, 0], unbroken[i, 1], unbroken[i, 2]
        fell = value[rest] == 0.0 and rules.base[rest] > 0.0 and rules.unit[whole] == PLAIN
        if fell and value[streak] != value[whole] and not np.isnan(value[streak]):
            value[streak] = value[whole]
            done = MOVED
    return done


@compiled
def _too_few(unit: Ints, value: Floats, count: int, events: int) -> bool:
    return value[count] == 0.0 or (unit[count] == PLAIN and value[count] < events)


@compiled
def _holds(rules: Rules, value: Floats) -> bool:
    """Whether no figure is below 0 that cannot be, and nothing has changed in a way that is not known."""
    for figure in range(len(value)):
        if value[figure] < 0.0 and rules.never_below_zero[figure]:
            return False
    return _stays_missing(rules, value) and _stays_known(rules, value)


@compiled
def _stays_missing(rules: Rules, value: Floats) -> bool:
    """What is missing for want of events stays so: more of them would make it a number that nobody knows."""
    base, needed, unit = rules.base, rules.needed, rules.unit
    for i in range(len(needed)):
        count, figure, events = needed[i, 0], needed[i, 1], needed[i, 2]
        lacked = np.isnan(base[figure]) and _too_few(unit, base, count, events)
        if lacked and not _too_few(unit, value, count, events):
            return False
    return True


@compiled
def _stays_known(rules: Rules, value: Floats) -> bool:
    """Wholes that are not made of their parts may not depend on what moved; a quotient by 0 stays one."""
    base, unit, watched = rules.base, rules.unit, rules.watched
    for i in range(len(watched)):
        whole, first, second = watched[i, 1], watched[i, 2], watched[i, 3]
        if unit[whole] == UNKNOWN:
            both_known = unit[first] != UNKNOWN and unit[second] != UNKNOWN
            if both_known and watched[i, 0] == QUOTIENT and base[second] == 0.0 and value[second] != 0.0:
                return False
        elif (unit[first] != UNKNOWN and value[first] != base[first]) or (
            unit[second] != UNKNOWN and value[second] != base[second]
        ):
            return False
    return True
