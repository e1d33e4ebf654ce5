"""Short forms of the soaks: the same checks, on as much as a minute allows."""

from tests.soak import generated_requests, killed_saves, mutated_scorecards, same_bits, steady_calls


def test_mutated_scorecards_are_refused_or_score_the_same():
    found = mutated_scorecards.together(first=0, mutants=800)
    assert found.failures == []
    refused = {kind: counts["refused"] for kind, counts in found.counts.items()}
    assert all(count > 100 for count in refused.values()), refused
    assert found.counts["numbers"]["another"] > 5  # the checks let other proper trees pass, and these were scored


def test_saves_that_are_killed_leave_the_file_whole_and_no_stray_for_long():
    found = killed_saves.killed(12, seed=1)
    assert found.strays_left_by_kills > 0
    assert (found.torn, found.strays_after_next_save) == (0, 0)


def test_generated_requests_come_to_a_score_or_a_typed_error():
    outcomes = generated_requests.answered(250, first_seed=3)
    assert outcomes["a score"] > 10
    assert outcomes["RequestError"] > 50


def test_calls_leave_no_memory_behind():
    assert steady_calls.growth(10_000) < steady_calls.MOST_GROWTH


def test_eight_threads_give_the_serial_answers():
    assert steady_calls.differing(4_000) == 0


def test_every_way_of_asking_gives_the_same_bits():
    found = same_bits.by_way(9_000)
    assert same_bits.alike(found), found
    assert len(found) == 7
