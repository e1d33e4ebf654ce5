"""Neutrality between platforms as a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas

from creditscore.errors import InputError
from creditscore.validation.report.facts import complete
from creditscore.validation.report.neutrality import neutrality
from creditscore.validation.report.origin import Origin
from creditscore.validation.report.page import rendered, write_both
from creditscore.validation.report.samples import samples_of, shown_of


def write_neutrality(
    path: str | Path, scored: pandas.DataFrame, facts: Mapping[str, Any], origin: Origin
) -> dict[str, Any]:
    """Write the section of the report to `path`, its figures beside it as .json, and return the figures.

    `scored`, `facts` and `origin`, which has its platforms, are as `findings` takes them.
    """
    if origin.platforms is None:
        raise InputError("neutrality: who supplied what is not known; give Origin.of its platforms")
    facts, shown = complete(facts), shown_of(samples_of(scored))
    chosen = (scored["sample"] == shown).to_numpy() if shown else np.ones(len(scored), np.bool_)
    found = neutrality(origin.platforms, scored, chosen, origin.card, origin.values_at, facts["cut_off"])
    write_both(Path(path), rendered("neutrality_page.html.j2", facts=facts, found=found, shown=shown), found)
    return found
