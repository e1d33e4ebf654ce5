"""The pictures of a validation: each function draws on the Axes given, or on a new Figure's, and returns the Axes.

Colours are Okabe & Ito's (2008), told apart by the colour-blind and, by their lightness, in grey print.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas
from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter
from sklearn.metrics import roc_curve

from creditscore.validation.capture import gains
from creditscore.validation.metrics import known_outcomes, require_both_classes

GOOD, BAD, NEUTRAL, INK = "#0072B2", "#D55E00", "#8C8C8C", "#333333"
# Fonts that hold Chinese, in the order of preference; the usual one has none of it.
CHINESE = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei")
LINES = (BAD, GOOD, "#009E73", "#CC79A7")


def plot_roc(outcome: npt.ArrayLike, pd: npt.ArrayLike, *, label: str | None = None, ax: Axes | None = None) -> Axes:
    """The ROC curve; call again with the same Axes to lay samples over each other. `outcome` is 0, 1 or NaN."""
    bad, risk = _known(outcome, pd)
    false_positive, true_positive, _ = roc_curve(bad, risk)
    ax = ax or _axes(5, 4.6)
    drawn = len(ax.lines)
    if not drawn:
        ax.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=1, linestyle=":", label="no ranking")
    ax.plot(false_positive, true_positive, color=LINES[max(drawn - 1, 0) % len(LINES)], label=label or "model")
    ax.set(xlabel="share of goods with this PD or higher", ylabel="share of bads with this PD or higher")
    ax.set_aspect("equal")
    return _finish(ax, percent="xy", legend="lower right")


def plot_ks(outcome: npt.ArrayLike, pd: npt.ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Cumulative shares of goods and bads by PD, and where they are furthest apart: KS. `outcome` is 0, 1 or NaN."""
    bad, risk = _known(outcome, pd)
    at = np.unique(risk)
    goods, bads = (_share_up_to(at, risk[bad == one]) for one in (0, 1))
    widest = int(np.abs(goods - bads).argmax())
    ax = ax or _axes(6, 4)
    ax.step(at, goods, where="post", color=GOOD, label="goods")
    ax.step(at, bads, where="post", color=BAD, linestyle="--", label="bads")
    gap = abs(goods[widest] - bads[widest])
    ax.vlines(at[widest], bads[widest], goods[widest], color=INK, label=f"KS {gap:.3f} at PD {at[widest]:.1%}")
    ax.set(xlabel="PD", ylabel="share with this PD or lower")
    return _finish(ax, percent="xy", legend="lower right")


def plot_calibration(table: pandas.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Expected and observed bad rates, bin by bin, with Jeffreys intervals; `table` is `calibration_table`'s."""
    place = np.arange(1, len(table) + 1)
    spread = np.abs(table[["low", "high"]].to_numpy() - table[["observed"]].to_numpy()).T
    ax = ax or _axes(6, 4)
    ax.plot(place, table["expected"], color=GOOD, marker="_", markersize=14, linestyle=":", label="expected (mean PD)")
    ax.errorbar(
        place, table["observed"], yerr=spread, fmt="o", markersize=5, color=BAD, capsize=3, label="observed, 95%"
    )
    ax.set(xlabel="bin of equal size, by rising PD", ylabel="bad rate", xlim=(0.4, len(table) + 0.6))
    ax.set_ylim(0, 1.25 * table[["high", "expected"]].to_numpy().max())  # room for the legend
    ax.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True, min_n_ticks=1))
    return _finish(ax, percent="y", legend="upper left")


def plot_score_distribution(
    points: npt.ArrayLike, outcome: npt.ArrayLike, *, cut_off: float | None = None, ax: Axes | None = None
) -> Axes:
    """The shares of goods and of bads by points, each adding up to one, in the same bins. `outcome` is 0, 1 or NaN."""
    bad, value = _known(outcome, points)
    bins = int(np.clip(np.sqrt(bad.sum()), 8, 40))
    edges = np.histogram_bin_edges(value, bins)
    ax = ax or _axes(6, 4)
    for one, name, colour, style in ((0, "goods", GOOD, "-"), (1, "bads", BAD, "--")):
        group = value[bad == one]
        share = np.histogram(group, edges)[0] / len(group)
        ax.stairs(share, edges, fill=True, alpha=0.18, color=colour)
        ax.stairs(share, edges, color=colour, linestyle=style, linewidth=1.6, label=f"{name} ({len(group):,})")
    if cut_off is not None:
        ax.axvline(cut_off, color=INK, linewidth=1, linestyle=":", label=f"cut-off {cut_off:g}")
    ax.margins(y=0.2)
    ax.set(xlabel="points", ylabel=f"share of its class, in {bins} bins")
    return _finish(ax, percent="y", legend="best")


def plot_reasons(
    points: Mapping[str, float],
    base: float,
    texts: Mapping[str, str] | None = None,
    *,
    most: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """One score as the sum of its reasons: from the reference's mean points `base`, code by code, to the score.

    `points` maps a reason code to its points (negative: costs points), `texts` a code to its words; what costs most
    comes first. The `most` codes that move the score most have rows of their own; the others share the last one.
    """
    largest = sorted(points, key=lambda code: (-abs(points[code]), code))
    codes = sorted(largest[:most], key=lambda code: (points[code], code))
    steps = np.array([points[code] for code in codes])
    if len(largest) > most:
        codes, steps = (
            [*codes, f"{len(largest) - most} other codes"],
            np.append(steps, sum(points[c] for c in largest[most:])),
        )
    levels = base + np.concatenate([[0.0], np.cumsum(steps)])
    ax = ax or _axes(8, 1.3 + 0.42 * (len(codes) + 2))
    ax.barh(np.arange(1, len(codes) + 1), steps, left=levels[:-1], color=np.where(steps < 0, BAD, GOOD), height=0.62)
    ax.vlines(levels, np.arange(len(levels)), np.arange(len(levels)) + 1, color=NEUTRAL, linewidth=1, zorder=0.5)
    ax.plot(levels[[0, -1]], [0, len(codes) + 1], "D", color=INK, markersize=6)
    for row, step in enumerate(steps, start=1):
        _beside(ax, max(levels[row - 1], levels[row]), row, f"{step:+.1f}".replace("-", "−"))
    _beside(ax, levels[0], 0, f"{levels[0]:.1f}", weight="bold")
    _beside(ax, levels[-1], len(codes) + 1, f"{levels[-1]:.1f}", weight="bold")
    _name_rows(ax, codes, texts or {})
    ax.use_sticky_edges = False
    ax.margins(x=0.12)
    ax.set_xlabel("points")
    return _finish(ax)


def _beside(ax: Axes, x: float, y: float, text: str, weight: str = "normal") -> None:
    ax.annotate(text, (x, y), (8, 0), textcoords="offset points", va="center", size=9, weight=weight)


def _name_rows(ax: Axes, codes: list[str], texts: Mapping[str, str]) -> None:
    fonts = _chinese_fonts()
    names = ["reference mean", *(_label(code, texts.get(code), fonts) for code in codes), "score"]
    ax.set_yticks(range(len(names)), names, family=[*rcParams["font.family"], *fonts])
    ax.invert_yaxis()


def plot_frontier(table: pandas.DataFrame, *, ax: Axes | None = None) -> Axes:
    """AUC on later folds against the gap of each alternative, and the frontier that no other beats; `table` has auc,
    gap, frontier and chosen, the first row as trained.
    """
    ax = ax or _axes(6, 4)
    best = table[table["frontier"]].sort_values("gap")
    ax.plot(best["gap"], best["auc"], color=NEUTRAL, linewidth=1, zorder=0.5, label="frontier")
    ax.scatter(table["gap"], table["auc"], color=NEUTRAL, s=28, label="alternatives")
    ax.scatter(table["gap"].iloc[:1], table["auc"].iloc[:1], color=BAD, s=60, label="as trained")
    chosen = table[table["chosen"].to_numpy(bool)]
    ax.scatter(chosen["gap"], chosen["auc"], color=GOOD, marker="D", s=48, label="chosen")
    ax.set(xlabel="gap (0 is alike)", ylabel="AUC on later folds")
    ax.margins(0.12)
    return _finish(ax, legend="best")


def plot_gaming(ways: pandas.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Mean points gained against the mean money spent, a line a scheme, with 95% intervals; `ways` is `Gaming.ways`."""
    ax = ax or _axes(6, 4)
    ax.axhline(0, color=NEUTRAL, linewidth=1, linestyle=":")
    for number, (scheme, own) in enumerate(ways.groupby("scheme", sort=False)):
        colour = LINES[number % len(LINES)]
        spread = np.abs(own[["points_low", "points_high"]].to_numpy(float) - own[["points"]].to_numpy(float)).T
        ax.errorbar(own["spent"], own["points"], yerr=spread, color=colour, marker="o", capsize=3, label=str(scheme))
    if (ways["spent"] > 0).all():
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    ax.set(xlabel="money spent (mean)", ylabel="points gained (mean)")
    return _finish(ax, legend="best")


def _known(outcome: npt.ArrayLike, value: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The outcomes known and their values; raises TrainingError where they are of one class."""
    require_both_classes(outcome)
    return known_outcomes(outcome, value)[:2]


def _share_up_to(at: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.searchsorted(np.sort(values), at, side="right") / len(values)


def _label(code: str, text: str | None, fonts: list[str]) -> str:
    """Code and words; the code alone where no font at hand holds the words."""
    if not text or (not fonts and any(letter >= "\u2e80" for letter in text)):
        return code
    return f"{code}  {text}" if len(text) <= 54 else f"{code}  {text[:53].rstrip()}…"


def _chinese_fonts() -> list[str]:
    installed = set(font_manager.get_font_names())
    return [name for name in CHINESE if name in installed]


def _axes(width: float, height: float) -> Axes:
    """Axes of a Figure of their own (inches), outside pyplot, so that nothing has to be closed."""
    return Figure(figsize=(width, height), layout="constrained").add_subplot()


def _finish(ax: Axes, *, percent: str = "", legend: str | None = None) -> Axes:
    for axis in percent:
        getattr(ax, f"{axis}axis").set_major_formatter(PercentFormatter(1, decimals=None))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.grid(color="#E6E6E6", linewidth=0.7)
    ax.set_axisbelow(True)
    if legend:
        ax.legend(loc=legend, frameon=False, fontsize=9)
    return ax


def plot_gains(outcome: npt.ArrayLike, pd: npt.ArrayLike, *, label: str | None = None, ax: Axes | None = None) -> Axes:
    """The gains curve; call again with the same Axes to lay samples over each other. `outcome` is 0, 1 or NaN."""
    curve = gains(outcome, pd)
    ax = ax or _axes(5, 4.6)
    drawn = len(ax.lines)
    if not drawn:
        ax.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=1, linestyle=":", label="drawn by chance")
    colour = LINES[max(drawn - 1, 0) % len(LINES)]
    ax.plot(curve["share"], curve["capture"], color=colour, label=label or "model")
    ax.set(xlabel="share of applications, riskiest first", ylabel="share of the bads among them")
    ax.set_aspect("equal")
    return _finish(ax, percent="xy", legend="lower right")


def plot_bin_shares(table: pandas.DataFrame, *, ax: Axes | None = None) -> Axes:
    """The baseline's shares and the recent ones, bin by bin, missing values last; `table` is `bin_shares`'s."""
    place = np.arange(len(table))
    ax = ax or _axes(6, 1.2 + 0.34 * len(table))
    ax.barh(place - 0.2, table["then"], 0.4, color=NEUTRAL, label="baseline")
    ax.barh(place + 0.2, table["now"], 0.4, color=BAD, label="recent")
    ends = [f"up to {end:.5g}" for end in table["up_to"][:-2]]
    last = f"above {table['above'].iloc[-2]:.5g}" if ends else "any value"
    ax.set_yticks(place, [*ends, last, "missing"])
    ax.invert_yaxis()
    ax.set_xlabel("share of applications")
    return _finish(ax, percent="x", legend="best")


def plot_cut_offs(table: pandas.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Approval rate and, on an axis of its own, the bad rate of the approved, by cut-off, with 95% intervals.

    `table` is `cut_off_table`'s.
    """
    ax = ax or _axes(6.4, 4)
    other = ax.twinx()
    for side, name, colour, style in ((ax, "approval rate", GOOD, "-"), (other, "bad rate", BAD, "--")):
        column = name.replace(" ", "_")
        side.plot(table["cut_off"], table[column], color=colour, linestyle=style, marker="o", markersize=4, label=name)
        side.fill_between(table["cut_off"], table[f"{column}_low"], table[f"{column}_high"], color=colour, alpha=0.15)
        side.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    other.set_ylim(0, 1.5 * np.nanmax(table["bad_rate"].to_numpy(), initial=0.004))  # room for the legend
    other.set_ylabel("bad rate of the approved (dashed)")
    other.spines["top"].set_visible(False)
    ax.set(xlabel="cut-off in points", ylabel="approval rate", ylim=(0, 1.25), yticks=np.linspace(0, 1, 6))
    _finish(ax, percent="y")
    ax.legend(handles=[*ax.lines, *other.lines], loc="upper right", frameon=False, fontsize=9, ncols=2)
    ax.spines["right"].set_visible(True)
    return ax


def plot_vintages(table: pandas.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Bad rate with its interval and mean PD, vintage by vintage; `table` is `vintage_table`'s."""
    place = np.arange(len(table))
    spread = np.abs(table[["low", "high"]].to_numpy() - table[["bad_rate"]].to_numpy()).T
    ax = ax or _axes(7, 4)
    ax.plot(place, table["expected"], color=GOOD, marker="_", markersize=12, linestyle=":", label="expected (mean PD)")
    ax.errorbar(place, table["bad_rate"], yerr=spread, fmt="o", markersize=5, color=BAD, capsize=3, label="bad, 95%")
    shown = place[:: -(-len(place) // 8)]  # eight names stand side by side
    ax.set_xticks(shown, table["vintage"].iloc[shown])
    told = table[table["known"] >= 20]  # the interval of a handful may run off the top
    heights = (told if len(told) else table)[["high", "expected"]].to_numpy()
    ax.set_ylim(0, 1.25 * np.nanmax(heights, initial=0.004))  # room for the legend
    ax.set(xlabel="applied in", ylabel="share bad", xlim=(-0.6, len(table) - 0.4))
    return _finish(ax, percent="y", legend="upper left")
