from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from creditscore.errors import TrainingError
from creditscore.model.binned import Bins, binned
from creditscore.validation.capture import capture_table
from creditscore.validation.cut_offs import cut_off_table
from creditscore.validation.metrics import calibration_table, discrimination
from creditscore.validation.plots import (
    plot_bin_shares,
    plot_calibration,
    plot_cut_offs,
    plot_gains,
    plot_ks,
    plot_reasons,
    plot_roc,
    plot_score_distribution,
    plot_vintages,
)
from creditscore.validation.stability import bin_shares
from creditscore.validation.vintages import vintage_table

GENERATOR = np.random.default_rng(5)
PD = GENERATOR.beta(1.2, 18, 1500)
OUTCOME = np.where(GENERATOR.random(1500) < 0.05, np.nan, (GENERATOR.random(1500) < PD).astype(float))
POINTS = 600 - 40 * np.log2(PD / (1 - PD))
REASONS = {"S01": -20.2, "T03": 12.1, "O02": -45.0, "H01": 3.3, "S04": -0.4}
TEXTS = {"S01": "Spending over the last year is low for the time that the borrower has been known", "O02": "逾期账单"}
AS_OF = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.arange(1500) // 2, unit="D")
SCORED = pd.DataFrame({"borrower_id": np.arange(1500), "as_of": AS_OF, "pd": PD, "points": POINTS, "outcome": OUTCOME})
SCORED.loc[SCORED["as_of"] > "2024-11-05", "outcome"] = np.nan
SHARES = bin_shares(binned(POINTS), np.append(POINTS[:200] + 30, np.nan))
CUT_OFFS = cut_off_table(SCORED, range(640, 960, 40), resamples=20)
VINTAGES = vintage_table(SCORED)
DRAW = {
    "roc": lambda ax: plot_roc(OUTCOME, PD, ax=ax),
    "ks": lambda ax: plot_ks(OUTCOME, PD, ax=ax),
    "calibration": lambda ax: plot_calibration(calibration_table(OUTCOME, PD), ax=ax),
    "distribution": lambda ax: plot_score_distribution(POINTS, OUTCOME, cut_off=660, ax=ax),
    "gains": lambda ax: plot_gains(OUTCOME, PD, ax=ax),
    "bin shares": lambda ax: plot_bin_shares(SHARES, ax=ax),
    "cut-offs": lambda ax: plot_cut_offs(CUT_OFFS, ax=ax),
    "vintages": lambda ax: plot_vintages(VINTAGES, ax=ax),
    "reasons": lambda ax: plot_reasons(REASONS, 640, TEXTS, ax=ax),
}


def _draw(ax: Axes) -> None:
    FigureCanvasAgg(ax.figure).draw()


@pytest.mark.parametrize("name", DRAW)
def test_plot_draws_on_axes_given_or_makes_its_own(name: str) -> None:
    given = Figure().add_subplot()
    assert DRAW[name](given) is given
    made = DRAW[name](None)
    assert made.get_xlabel()
    assert made.has_data()
    for kind in ("png", "svg", "pdf"):
        made.figure.savefig(io.BytesIO(), format=kind)


@pytest.mark.parametrize("name", DRAW)
def test_labels_do_not_overlap(name: str) -> None:
    ax = DRAW[name](None)
    _draw(ax)
    for axis in (ax.xaxis, ax.yaxis):
        boxes = [label.get_window_extent() for label in axis.get_ticklabels() if label.get_text()]
        assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]
    notes = [note.get_window_extent() for note in ax.texts]
    assert not [1 for one, other in combinations(notes, 2) if one.overlaps(other)]
    assert all(ax.figure.bbox.containsx(edge) for note in notes for edge in (note.x0, note.x1))


def test_second_sample_is_laid_over_the_first_in_another_colour() -> None:
    ax = plot_roc(OUTCOME, PD, label="test")
    plot_roc(OUTCOME, 1 - PD, label="train", ax=ax)
    lines = {line.get_label(): line.get_color() for line in ax.lines}
    assert list(lines) == ["no ranking", "test", "train"]
    assert len(set(lines.values())) == 3


def test_ks_shown_is_the_ks_measured() -> None:
    ks = discrimination(OUTCOME, PD, resamples=2).ks.value
    (shown,) = [text.get_text() for text in plot_ks(OUTCOME, PD).get_legend().texts if "KS" in text.get_text()]
    assert shown.startswith(f"KS {ks:.3f} ")


def test_distribution_of_each_class_adds_up_to_one() -> None:
    ax = plot_score_distribution(POINTS, OUTCOME)
    assert [patch.get_data().values.sum() for patch in ax.patches] == pytest.approx([1.0] * 4)


def test_waterfall_steps_from_the_reference_to_the_score() -> None:
    ax = plot_reasons(REASONS, 640, TEXTS)
    bars = ax.patches
    assert [bar.get_width() for bar in bars] == pytest.approx(sorted(REASONS.values()))
    ends = [bar.get_x() + bar.get_width() for bar in bars]
    assert [bar.get_x() for bar in bars] == pytest.approx([640, *ends[:-1]])
    assert ends[-1] == pytest.approx(640 + sum(REASONS.values()))
    assert [label.get_text()[:3] for label in ax.get_yticklabels()][1:-1] == ["O02", "S01", "S04", "H01", "T03"]


def test_waterfall_gathers_the_codes_that_move_little_in_its_last_row() -> None:
    ax = plot_reasons(REASONS, 640, most=2)
    assert [label.get_text() for label in ax.get_yticklabels()][1:-1] == ["O02", "S01", "3 other codes"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([-45.0, -20.2, 12.1 + 3.3 - 0.4])


def test_waterfall_without_reasons_is_the_reference_itself() -> None:
    ax = plot_reasons({}, 640)
    _draw(ax)
    assert [note.get_text() for note in ax.texts] == ["640.0", "640.0"]


def test_one_class_is_refused() -> None:
    with pytest.raises(TrainingError, match="ranking needs goods and bads"):
        plot_roc(np.zeros(5), np.linspace(0, 1, 5))


def test_gains_pass_through_the_capture_table() -> None:
    line = plot_gains(OUTCOME, PD).lines[1]
    table = capture_table(OUTCOME, PD, resamples=1)
    assert np.interp(table["share"], *line.get_data()) == pytest.approx(table["capture"].to_numpy())


def test_bars_of_each_sample_add_up_to_one_and_a_feature_nobody_has_is_drawn() -> None:
    bars = plot_bin_shares(SHARES).containers
    assert [sum(bar.get_width() for bar in group) for group in bars] == pytest.approx([1.0, 1.0])
    _draw(plot_bin_shares(bin_shares(Bins((), (0, 30)), [np.nan] * 5)))


def test_cut_offs_draw_approval_on_the_left_and_bad_rate_on_the_right() -> None:
    ax = plot_cut_offs(CUT_OFFS)
    left, right = (axes.lines[0].get_ydata() for axes in ax.figure.axes)
    assert left == pytest.approx(CUT_OFFS["approval_rate"].to_numpy())
    assert right == pytest.approx(CUT_OFFS["bad_rate"].to_numpy(), nan_ok=True)


def test_vintages_without_outcomes_keep_their_place() -> None:
    ax = plot_vintages(VINTAGES)
    assert VINTAGES["known"].iloc[-1] == 0
    assert ax.get_xlim()[1] > len(VINTAGES) - 1
    _draw(plot_vintages(VINTAGES[-1:]))
