"""The pictures that a run keeps; test_run has those of a sample."""

import pandas as pd

from creditscore.registry import figures_of


def test_no_figures_where_no_sample_can_be_shown():
    assert figures_of(pd.DataFrame(), {"shown": None}) == {}
