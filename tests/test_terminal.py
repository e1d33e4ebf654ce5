"""Progress on a terminal, and silence elsewhere."""

import io

from creditscore.terminal import progress_line


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_is_told_rows_rate_and_time_left_now_and_then():
    out, times = Terminal(), iter([0.0, 0.1, 4.0])
    with progress_line("events", out, lambda: next(times)) as show:
        show(10, 8_000_000)
        show(2_000_000, 8_000_000)
    assert out.getvalue().count("rows") == 1
    assert "events: 2,000,000 of 8,000,000 rows, 500,000 a second, 12 s left" in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


def test_nothing_is_shown_where_nobody_looks():
    out = io.StringIO()
    with progress_line("events", out) as show:
        assert show is None
    assert out.getvalue() == ""
