"""What each platform's data are worth: Shapley's value of ranking, and of losses avoided, out of time.

Evidence for fees, not a rule for them: it tells what data added to one model, on one population, in one period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas
from scipy.stats import t

from creditscore.config import TrainConfig
from creditscore.errors import ConfigError
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.training.coalition_value import FIGURES, CoalitionValue
from creditscore.training.prepared import Prepared
from creditscore.validation.metrics import LEVEL
from creditscore.validation.neutrality.game import EXACT_UP_TO, PAIRS, shapley
from creditscore.validation.neutrality.membership import Membership
from creditscore.validation.neutrality.worth import PlatformWorth

Floats = npt.NDArray[np.float64]


def platform_worth(
    config: TrainConfig,
    events: Events | Store,
    prepared: Prepared,
    members: Membership,
    *,
    sample: str = "test",
    pairs: int = PAIRS,
    progress: Callable[[str], None] | None = None,
) -> PlatformWorth:
    """Shapley values over coalitions of platforms, and over those of `config.neutrality.owners` beside.

    v(S) is the Gini on `sample` of models fitted on train with the features of S's events alone (the mean margin of
    some seeds, the settings those of the whole train sample), over the same applications for all S: who has no event
    from S gets the prior, the train sample's bad rate. The second game is the share of losses avoided where the
    `approval_rate` of lowest risk is approved, against approving as many at random; an application's loss is its amount
    where all have one, else 1. Of S with fewer than 10 bads among the train applications that it knows all get the
    prior. `members` is row for row with the applications of `prepared`.

    Intervals are from refits on random halves of the borrowers, in complementary pairs, each by one fit: with a pair's
    worths a and b, the mean of ((a − b) / 2)² over the pairs estimates the variance (the random-group estimator of two
    groups, Wolter 2007, "Introduction to Variance Estimation", ch. 2; the delete-half jackknife of Shao & Wu 1989, "A
    general theory for jackknife variance estimation", whose factor r / d is then 1), with Student's t for as many
    pairs. Where orders were drawn, their error is added. One fit varies more than the mean of some: the ends are wide
    rather than narrow.

    Raises TrainingError where the sample has fewer than 10 bads or goods, and ConfigError where owners do not fit.
    """
    game = CoalitionValue(config, events, prepared, members, sample, progress)
    alone: list[tuple[str, tuple[str, ...]]] = [(name, (name,)) for name in members.platforms]
    owned = _owned(config.neutrality.owners, members.platforms)
    asked, everyone = config.neutrality, (1 << len(members.platforms)) - 1
    return PlatformWorth(
        platforms=_table(game, alone, pairs, config.seed),
        owners=None if owned == alone else _table(game, owned, pairs, config.seed),
        whole=dict(zip(FIGURES, game.value(everyone)[[0, game.width]].tolist(), strict=True)),
        n=len(game.judged),
        bads=int(game.outcome[game.judged].sum()),
        approval_rate=asked.approval_rate,
        seeds=asked.seeds,
        replicates=2 * len(game.halves),
        exact=len(alone) <= EXACT_UP_TO,
    )


def _owned(owners: Mapping[str, Sequence[str]], platforms: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The players where platforms of one owner are one."""
    for group, names in owners.items():
        strange = sorted(set(names) - set(platforms))
        if strange:
            raise ConfigError(
                f"neutrality.owners.{group}: no platform '{strange[0]}' supplies anything; there are "
                f"{', '.join(platforms)}"
            )
    owner = {name: group for group, names in owners.items() for name in names}
    players = dict.fromkeys(owner.get(name, name) for name in platforms)
    return [(one, tuple(name for name in platforms if owner.get(name, name) == one)) for one in players]


def _table(game: CoalitionValue, players: list[tuple[str, tuple[str, ...]]], pairs: int, seed: int) -> pandas.DataFrame:
    """A row a player; `players` are names with the platforms of each."""
    bits = [game.bits(own) for _, own in players]

    def value(members: int) -> Floats:
        return game.value(sum(own for i, own in enumerate(bits) if members >> i & 1))

    worth = shapley(len(players), value, pairs=pairs, seed=seed)
    everyone = sum(bits)
    rows = []
    for i, (name, own) in enumerate(players):
        told: dict[str, object] = {"player": name, "platforms": ", ".join(own)}
        for f, figure in enumerate(FIGURES):
            at = slice(f * game.width, (f + 1) * game.width)
            low, high = _ends(worth.value[i, at], worth.error[i, at])
            told |= {
                figure: worth.value[i, at][0],
                f"{figure}_low": low,
                f"{figure}_high": high,
                f"{figure}_error": worth.error[i, at][0],
                f"{figure}_alone": game.value(bits[i])[at][0],
                f"{figure}_last": (game.value(everyone) - game.value(everyone & ~bits[i]))[at][0],
            }
        rows.append(told)
    return pandas.DataFrame(rows)


def _ends(shares: Floats, error: Floats) -> tuple[float, float]:
    """The 95% interval of the first share, by the differences of the pairs of halves that follow it."""
    pairs = shares[1:].reshape(-1, 2)
    variance = np.mean((pairs[:, 0] - pairs[:, 1]) ** 2) / 4 + error[0] ** 2
    reach = float(t.ppf((1 + LEVEL) / 2, len(pairs)) * np.sqrt(variance))
    return float(shares[0]) - reach, float(shares[0]) + reach
