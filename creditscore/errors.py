"""Every error that creditscore raises on purpose, drawn as a tree.

```
CreditScoreError
├── InputError             what came from outside is wrong: the message says what, where, got, expected, and the fix
│   ├── ConfigError            a config file: a key misspelt, a value out of range
│   ├── SchemaError            a table: a column missing, of the wrong type, or unknown
│   ├── QuarantineError        too many bad rows to go on
│   ├── GovernanceError        what may not be used, or nobody has said whether it may
│   └── RequestError           a call to score(): as_of missing, a time without a zone, a feature missing
├── FeatureError           a feature definition is wrong, or its function failed
├── TrainingError          the data cannot make a model: one class only, no event before any application
├── ScorecardError         a scorecard file is damaged, altered, or of an unknown format
│   └── ModelFormatError       the model text inside it is not what LightGBM writes
├── LedgerError            a ledger cannot be written or read, or is none: no score leaves
└── MissingExtraError      a library of an extra that is not installed
```

No message carries a borrower's id or a value of theirs.
"""

from __future__ import annotations


class CreditScoreError(Exception):
    """The root: `except CreditScoreError` catches all that this library raises on purpose."""


class InputError(CreditScoreError, ValueError):
    """What came from outside is wrong."""


class ConfigError(InputError):
    """A config file is wrong."""


class SchemaError(InputError):
    """A table does not fit its contract."""


class QuarantineError(InputError):
    """More rows than allowed were set aside as bad."""


class GovernanceError(InputError):
    """What may not be used, or nobody has said whether it may."""


class RequestError(InputError):
    """A call to `score()` is wrong."""


class FeatureError(CreditScoreError, ValueError):
    """A feature definition is wrong, or its function failed."""


class TrainingError(CreditScoreError, ValueError):
    """The data cannot make a model."""


class ScorecardError(CreditScoreError, ValueError):
    """A scorecard file is damaged, altered, or of an unknown format."""


class ModelFormatError(ScorecardError):
    """A model text is not what LightGBM writes."""


class LedgerError(CreditScoreError):
    """A ledger cannot be written or read, or is none."""


class MissingExtraError(CreditScoreError, ImportError):
    """A library of an extra is not installed."""
