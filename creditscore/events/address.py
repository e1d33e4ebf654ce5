"""Addresses of databases and object stores: `${NAME}` is read from the environment, and no password stands in one."""

from __future__ import annotations

import os
import re
from urllib.parse import quote

from creditscore.errors import InputError

_NAME = re.compile(r"\$\{(\w+)\}")
_USERINFO = re.compile(r"(?s)(?P<user>://[^:@/]*):(?P<password>.*)@")
_IN_QUERY = re.compile(r"(?is)(?P<key>[?&]\w*(?:password|passwd|secret|token|signature|sig|key)\w*)=(?P<value>[^&]*)")


def is_url(address: str) -> bool:
    """Whether it is a URL, and no path on this machine."""
    return "://" in address


def has_secret(address: str) -> bool:
    """Whether a password or a key is written out in an address, other than as ${NAME}."""
    written = [found["password"] for found in _USERINFO.finditer(address)]
    written += [found["value"] for found in _IN_QUERY.finditer(address)]
    return any(one and not _NAME.fullmatch(one) for one in written)


def without_secrets(address: str) -> str:
    """An address as it may be shown.

    >>> without_secrets("postgresql://agency:word@host/db?sslpassword=other")
    'postgresql://agency:…@host/db?sslpassword=…'
    """
    return _IN_QUERY.sub(r"\g<key>=…", _USERINFO.sub(r"\g<user>:…@", address))


def check_no_secret(address: str) -> None:
    """Raise InputError where a password stands in an address."""
    if has_secret(address):
        raise InputError(
            f"{without_secrets(address)}: a password or key in the address; take it out and set it in the environment, "
            f"as PGPASSWORD, PGPASSFILE or AWS_SECRET_ACCESS_KEY, or name a variable there, as ${{NAME}}"
        )


def expanded(address: str) -> str:
    """An address with each ${NAME} in it replaced; within a URL as a URL has it. Raises InputError where it is not set.

    >>> os.environ["CREDITSCORE_DOCTEST"] = "p@ss"
    >>> expanded("postgresql://agency:${CREDITSCORE_DOCTEST}@host/db")
    'postgresql://agency:p%40ss@host/db'
    """
    within_url = is_url(address)

    def value_of(found: re.Match[str]) -> str:
        value = os.environ.get(found[1])
        if not value:
            raise InputError(
                f"{without_secrets(address)}: needs the environment variable {found[1]}, which is not set; set it"
            )
        return quote(value, safe=":") if within_url else value

    return _NAME.sub(value_of, address)
