"""What training says while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Any


class Progress:
    """Shows a step while it runs (`busy` gives what to show, as rich's `Console.status`), and tells it when it ends."""

    def __init__(self, busy: Callable[[str], AbstractContextManager[Any]], tell: Callable[[str], None]) -> None:
        self._busy, self.tell = busy, tell

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """A step; what is put into the list is told with its seconds when it ends."""
        start, told = perf_counter(), list[str]()
        with self._busy(f"{name} …"):
            yield told
        self.tell(f"{name:<10} {', '.join(told)}  [dim]{perf_counter() - start:.1f} s[/dim]")
