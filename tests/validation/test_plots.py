from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from creditscore.errors import TrainingError
from creditscore.validation.metrics import calibration_table, discrimination
from creditscore.validation.plots import (
    plot_calibration,
    plot_ks,
    plot_reasons,
    plot_roc,
    plot_score_distribution,
)

GENERATOR = np.random.default_rng(5)
PD = GENERATOR.beta(1.2, 18, 1500)
OUTCOME = np.where(GENERATOR.random(1500) < 0.05, np.nan, (GENERATOR.random(1500) < PD).astype(float))
POINTS = 600 - 40 * np.log2(PD / (1 - PD))
REASONS = {"S01": -20.2, "T03": 12.1, "O02": -45.0, "H01": 3.3, "S04": -0.4}
TEXTS = {"S01": "Spending over the last year is low for the time that the borrower has been known", "O02": "逾期账单"}
DRAW = {
    "roc": lambda ax: plot_roc(OUTCOME, PD, ax=ax),
    "ks": lambda ax: plot_ks(OUTCOME, PD, ax=ax),
    "calibration": lambda ax: plot_calibration(calibration_table(OUTCOME, PD), ax=ax),
    "distribution": lambda ax: plot_score_distribution(POINTS, OUTCOME, cut_off=660, ax=ax),
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
