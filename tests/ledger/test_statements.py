"""Statements: what they add up to, by hand."""

from creditscore.ledger import erase, review, statement
from creditscore.ledger.statements import Line
from tests.ledger.conftest import SECRET


def test_totals_and_fees_by_recipient_and_platform(filled):
    found = statement(filled)
    assert found.recipients == (
        Line("bank", "credit decision", "CNY", 5, 5 * 3_500),
        Line("other bank", "credit decision", "CNY", 3, 3 * 5_000),
    )
    assert found.platforms == (
        Line("(none)", "", "CNY", 1, 5_000),
        Line("alder", "", "CNY", 7, 5 * 3_500 + 2 * 5_000),
        Line("birch", "", "CNY", 1, 3_500),
    )


def test_a_period_takes_its_start_and_leaves_its_end(filled):
    with filled.store.reading() as connection:
        times = [at for (at,) in connection.rows("SELECT at FROM occasions ORDER BY id")]
    assert [line.scores for line in statement(filled, times[1], times[2]).recipients] == [3]
    assert [line.scores for line in statement(filled, times[1]).recipients] == [2, 3]
    assert statement(filled, times[2] + 1) == ((), ())


def test_reviews_cost_nothing_and_erased_scores_stay_in_the_accounts(filled):
    before = statement(filled)
    review(filled, 2, by="Li", why="asked", old="declined", new="approved")
    assert statement(filled) == before
    erase(filled, "b2", [SECRET], by="Wang", why="asked")
    after = statement(filled)
    assert after.recipients == before.recipients
    assert after.platforms[0] == Line("(erased)", "", "CNY", 2, 3_500 + 5_000)
