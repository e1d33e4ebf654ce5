"""How far a long piece of work has come, in rows, for whoever asks to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]


@dataclass
class Counted:
    """Rows done, told to `progress` with their total each time that there are more."""

    progress: Progress | None
    total: int
    done: int = 0

    def finish(self) -> None:
        """The rest is done too: what was passed over, as duplicates are."""
        if self.done < self.total:
            self.add(self.total - self.done)

    def add(self, rows: int) -> None:
        self.done += rows
        if self.progress is not None:
            self.progress(self.done, max(self.done, self.total))
