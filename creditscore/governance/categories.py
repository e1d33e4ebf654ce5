"""Which class a category's word has: the shipped table, and the words that a config adds to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from creditscore.governance.sensitivity import Sensitivity
from creditscore.governance.words import PARTS, VERSION, WORDS

# "home > kitchen", "母婴/童装", "food & drinks": a path or list of words, whose class is the strictest of theirs.
_STEPS = re.compile(r"\s*(?:[>|/\\;,&+·、→»]|\band\b)\s*")

_MOST_KEPT = 4096


@lru_cache(maxsize=_MOST_KEPT)
def normal(word: str) -> str:
    """A word as the table holds it: Unicode's NFKC, lower case, one space between words.

    >>> normal(" Ｐｈａｒｍａｃｙ_Shop ")
    'pharmacy shop'
    """
    folded = unicodedata.normalize("NFKC", word).casefold()
    return " ".join(re.sub(r"[\s_]+", " ", folded).split())


@dataclass(frozen=True)
class Categories:
    """Words and their classes: the table of a `version`, and an agency's `own` words beside it, all in normal form.

    `parts` are prohibited wherever they occur within a word. An own word may be as strict as the table or stricter;
    one that only a part prohibits may be declared anything, as somebody has read it.
    """

    version: str
    words: Mapping[str, Sensitivity]
    parts: tuple[str, ...]
    own: Mapping[str, Sensitivity] = field(default_factory=dict)

    def class_of(self, word: str) -> Sensitivity | None:
        """The class of a category's word; None where nobody has said.

        >>> SHIPPED.class_of("Pharmacy").label, SHIPPED.class_of("no such word")
        ('prohibited', None)
        """
        try:
            return self._known[word]
        except KeyError:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            return self._known.setdefault(word, self._class(normal(word)))

    def with_own(self, own: Mapping[str, Sensitivity]) -> Categories:
        """The same with these words of an agency's own. Raises ValueError where one would be laxer than the table."""
        added = {normal(word): kind for word, kind in own.items()}
        for word, kind in added.items():
            if self.words.get(word, kind) > kind:
                raise ValueError(
                    f"'{word}' is of class '{self.words[word].label}' in the shipped table and cannot be made "
                    f"'{kind.label}'; map the source's word to another under values, if it means something else"
                )
        return replace(self, own={**self.own, **added})

    def to_record(self) -> dict[str, Any]:
        """As JSON: each class with its words."""
        return {
            "version": self.version,
            "words": _listed(self.words),
            "own": _listed(self.own),
            "parts": sorted(self.parts),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Categories:
        """The categories of such a record. Raises ValueError, KeyError or TypeError where it is malformed."""
        if set(record) != {"version", "words", "own", "parts"} or type(record["version"]) is not str:
            raise ValueError("categories have a version, words, own words and parts")
        words, own = _read(record["words"]), _read(record["own"])
        return cls(record["version"], words, tuple(map(_normal_already, record["parts"]))).with_own(own)

    @cached_property
    def _known(self) -> dict[str, Sensitivity | None]:
        """Words looked up lately, as they came."""
        return {}

    def _class(self, word: str) -> Sensitivity | None:
        found = self.own.get(word, self.words.get(word))
        if found is not None:
            return found
        if any(part in word for part in self.parts):
            return Sensitivity.PROHIBITED
        steps = [step for step in _STEPS.split(word) if step]
        if len(steps) < 2:
            return None
        classes = [self._class(step) for step in steps]
        return None if None in classes else max(kind for kind in classes if kind is not None)


def _listed(words: Mapping[str, Sensitivity]) -> dict[str, list[str]]:
    return {kind.label: sorted(word for word, own in words.items() if own is kind) for kind in Sensitivity}


def _read(record: Mapping[str, Any]) -> dict[str, Sensitivity]:
    kinds = {kind.label: kind for kind in Sensitivity}
    if set(record) != set(kinds):
        raise ValueError(f"words are listed by class: {', '.join(kinds)}")
    listed = [(_normal_already(word), kinds[label]) for label, words in record.items() for word in words]
    if len(dict(listed)) != len(listed):
        raise ValueError("a category's word is of one class")
    return dict(listed)


def _normal_already(word: Any) -> str:
    if type(word) is not str or not word or normal(word) != word:
        raise ValueError("a category's word is a text in normal form")
    return word


def _shipped() -> Categories:
    kinds = {kind.label: kind for kind in Sensitivity}
    words = {normal(word): kinds[label] for label, listed in WORDS.items() for word in listed}
    return Categories(VERSION, words, tuple(sorted(map(normal, PARTS))))


SHIPPED = _shipped()
