"""Short forms of the soaks: the same checks, on as much as a minute allows."""

from tests.soak import killed_saves, mutated_scorecards


def test_mutated_scorecards_are_refused_or_score_the_same():
    found = mutated_scorecards.together(first=0, mutants=1_200)
    assert found.failures == []
    refused = {kind: counts["refused"] for kind, counts in found.counts.items()}
    assert all(count > 150 for count in refused.values()), refused
    assert found.counts["numbers"]["another"] > 10  # the checks let other proper trees pass, and these were scored


def test_saves_that_are_killed_leave_the_file_whole_and_no_stray_for_long():
    found = killed_saves.killed(12, seed=1)
    assert found.strays_left_by_kills > 0
    assert (found.torn, found.strays_after_next_save) == (0, 0)
