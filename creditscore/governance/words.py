"""The shipped table of category words, English and Chinese, and their classes (docs/governance.md says why).

A change of a word's class, or a word more, is a new VERSION.
"""

from __future__ import annotations

from collections.abc import Mapping

from creditscore.governance.sensitivity import Sensitivity

VERSION = "1"

WORDS: Mapping[Sensitivity, tuple[str, ...]] = {
    Sensitivity.ORDINARY: ("grocery",),
    Sensitivity.SEPARATE_CONSENT: (),
    Sensitivity.WRITTEN_CONSENT: ("insurance", "保险"),
    Sensitivity.PROHIBITED: ("pharmacy", "药店"),
}
# Prohibited wherever they occur within a word.
PARTS: tuple[str, ...] = ("pharmacy", "药店")
