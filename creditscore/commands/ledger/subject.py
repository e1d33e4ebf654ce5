"""`python -m creditscore ledger subject`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from creditscore.commands.ledger.options import borrower_arguments, borrower_of, secrets_of, shown_time

WHAT = "show all that was told about one person, for that person, and to whom"
EXAMPLE = "subject ledger.db --borrower - --language zh"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    borrower_arguments(parser)
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of the reasons; en if not given")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> None:
    from creditscore.ledger import open_ledger, recipients_to_tell, told_about

    borrower, secrets = borrower_of(arguments.borrower), secrets_of(arguments.key_file)
    told = told_about(open_ledger(arguments.ledger), borrower, secrets)
    recipients = recipients_to_tell(told)
    if arguments.json:
        found = {"entries": [_plain(one) for one in told], "recipients": recipients}
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    words = _words(arguments.language)
    for one in told:
        print("\n".join(_lines(one, words)))
    print(f"{len(told)} entries about this person")
    for recipient, numbers in recipients.items():
        print(f"to be told of a correction: {recipient} (entries {', '.join(map(str, numbers))})")


def _plain(one: Any) -> dict[str, Any]:
    from creditscore.ledger.inquiry import in_units

    occasion = one.occasion._asdict() | {"at": shown_time(one.occasion.at), "fee": in_units(one.occasion.fee)}
    return {"entry": one.seq, **occasion, **one.content}


def _words(language: str) -> Mapping[str, str]:
    from creditscore.reasons.codes import CODES

    return {code: text.borrower_zh if language == "zh" else text.borrower_en for code, text in CODES.items()}


def _lines(one: Any, words: Mapping[str, str]) -> Iterator[str]:
    from creditscore.ledger.inquiry import in_units

    occasion, content = one.occasion, one.content
    if occasion.kind == "review":
        yield (f"{one.seq}  {shown_time(occasion.at)}  entry {content['of']} reviewed by {content['by']}: "
               f"{content['old']} → {content['new']}, as {content['why']}")  # fmt: skip
        return
    score = "not scorable" if content["points"] is None else f"{content['points']} points, grade {content.get('grade')}"
    fee = f", fee {in_units(occasion.fee)} {occasion.currency}" if occasion.fee else ""
    yield f"{one.seq}  {shown_time(occasion.at)}  told {occasion.recipient}, for {occasion.purpose}{fee}: {score}"
    yield (f"     from {', '.join(content.get('families', [])) or 'no records'} of "
           f"{', '.join(content.get('platforms', [])) or 'no platform'}, by {occasion.model_id}, "
           f"consent {', '.join(_consents(content)) or 'not named'}")  # fmt: skip
    if content.get("withheld"):
        yield f"     withheld, as no consent allowed it: {', '.join(content['withheld'])}"
    for code, points in content.get("reasons", []):
        yield f"     {code}  {points:+6.1f}  {words.get(code, '')}".rstrip()


def _consents(content: Mapping[str, Any]) -> list[str]:
    """The consents under which something was told, each once."""
    own = [content["consent"]] if content.get("consent") else []
    return list(dict.fromkeys([*own, *(one for ids in content.get("consents", {}).values() for one in ids)]))
