"""Secret keys, from the environment or a file: never from a config, and never shown."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from creditscore.errors import InputError

LEAST_BYTES = 32
_HOW_TO_MAKE = "make one with: openssl rand -hex 32"


class Secret:
    """A key of 32 bytes or more. It shows itself in no repr, is in no pickle, and is compared with nothing.

    >>> Secret(b"0123456789abcdef0123456789abcdef")
    Secret(hidden)
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes, named: str = "the key") -> None:
        if len(key) < LEAST_BYTES:
            raise InputError(f"{named}: {len(key)} bytes, expected at least {LEAST_BYTES}; {_HOW_TO_MAKE}")
        if len(set(key)) < 8:
            raise InputError(f"{named}: fewer than 8 different bytes, which can be guessed; {_HOW_TO_MAKE}")
        self._key = key

    def reveal(self) -> bytes:
        """The key itself, for a keyed hash."""
        return self._key

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied: read it where it is needed")


def secret_from_environment(name: str, environment: Mapping[str, str] = os.environ) -> Secret:
    """The text of a variable. Raises InputError where it is not set, or too short."""
    if not environment.get(name):
        raise InputError(f"environment variable {name}: not set; {_HOW_TO_MAKE}, or give a key file")
    return Secret(environment[name].encode(), f"environment variable {name}")


def secret_from_file(path: str | Path) -> Secret:
    """The bytes of a file, without the line's end. Raises InputError where others than its owner may read it."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            return Secret(file.read().rstrip(b"\r\n"), f"key file {path}")
    except OSError as error:
        raise InputError(f"key file {path}: cannot be read ({error.strerror})") from None


def _check_private(path: Path, status: Any) -> None:
    """On the open file itself, so that nobody exchanges it in between."""
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"key file {path}: not a regular file")
    if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(f"key file {path}: others may read or change it; run: chmod 600 {path}")
