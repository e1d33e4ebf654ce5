"""Margin → log-odds → points, PD and grade."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from creditscore.model.scale import MASTER_SCALE, Calibration, MasterScale, Scale, probability

SCALE = Scale(base_points=600, good_bad_odds=20, pdo=40, lowest=300, highest=900)
scales = st.builds(Scale, base_points=st.floats(0, 1_000), good_bad_odds=st.floats(0.1, 1_000), pdo=st.floats(1, 200),
                   lowest=st.just(300), highest=st.just(900))  # fmt: skip
log_odds = st.floats(-30, 30)


@given(scales, log_odds)
def test_points_give_back_the_log_odds(scale, z):
    assert (scale.offset - float(scale.points(z))) / scale.factor == pytest.approx(z, abs=1e-9)


@given(scales, log_odds)
def test_doubling_the_odds_of_good_adds_pdo_points(scale, z):
    assert float(scale.points(z - math.log(2)) - scale.points(z)) == pytest.approx(scale.pdo, abs=1e-9)


@given(scales)
def test_the_base_points_are_at_the_odds_of_good_to_bad(scale):
    assert float(scale.points(-math.log(scale.good_bad_odds))) == pytest.approx(scale.base_points, abs=1e-9)


def test_more_points_mean_less_risk():
    assert (np.diff(SCALE.points(np.linspace(-5, 5, 50))) < 0).all()


def test_points_given_out_are_rounded_half_to_even_and_kept_in_range():
    points = np.array([-np.inf, 299.4, 600.5, 601.5, 900.4, 1e300])
    assert SCALE.given(points).tolist() == [300, 300, 600, 602, 900, 900]
    assert SCALE.given(points).dtype == np.int64


def test_calibration_is_affine_in_the_margin():
    assert Calibration(-0.5, 2.0, (0.0, 0.25))(np.array([0.0, 1.0, -3.0]), np.array([0, 0, 1])).tolist() == [
        -0.5,
        1.5,
        -6.25,
    ]


def test_probability_is_scipys_without_overflow():
    z = np.concatenate([[-np.inf, -1e308, -700, -40], np.linspace(-30, 30, 301), [40, 700, 1e308, np.inf]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = probability(z)
    np.testing.assert_allclose(found, expit(z), rtol=1e-15)


def test_probability_keeps_small_risks_apart():
    assert probability(np.array([-40.0]))[0] == pytest.approx(float(1 / (1 + Fraction(math.exp(40)))), rel=1e-15)
    assert (np.diff(probability(np.linspace(-700, -30, 100))) > 0).all()


def test_a_grade_holds_its_upper_end_and_the_last_everything_above():
    scale = MasterScale(names=("A", "B", "C"), upper=(0.01, 0.1))
    edges = np.array([0.0, 0.01, np.nextafter(0.01, 1), 0.1, np.nextafter(0.1, 1), 1.0])
    assert scale.grade(edges).tolist() == ["A", "A", "B", "B", "C", "C"]


def test_the_master_scale_has_a_grade_for_every_interval_in_order_of_risk():
    assert len(MASTER_SCALE.names) == len(MASTER_SCALE.upper) + 1 == len(set(MASTER_SCALE.names))
    assert list(MASTER_SCALE.upper) == sorted(set(MASTER_SCALE.upper))
    assert list(MASTER_SCALE.names) == sorted(MASTER_SCALE.names)
    assert MASTER_SCALE.grade(np.array([*MASTER_SCALE.upper, 1.0])).tolist() == list(MASTER_SCALE.names)
