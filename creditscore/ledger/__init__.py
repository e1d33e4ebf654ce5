"""Who was told what: entries for good, chained, over commitments to personal content that may be erased."""

from creditscore.ledger.erasure import erase
from creditscore.ledger.heads import head_of, read_heads
from creditscore.ledger.inquiry import Inquiry
from creditscore.ledger.opening import create_ledger, open_ledger
from creditscore.ledger.person import recipients_to_tell, told_about
from creditscore.ledger.review import review
from creditscore.ledger.statements import statement
from creditscore.ledger.store import Ledger
from creditscore.ledger.verification import verify

__all__ = [
    "Inquiry",
    "Ledger",
    "create_ledger",
    "erase",
    "head_of",
    "open_ledger",
    "read_heads",
    "recipients_to_tell",
    "review",
    "statement",
    "told_about",
    "verify",
]
