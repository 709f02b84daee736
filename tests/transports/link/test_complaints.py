"""The same words are said once a minute, however often the reason comes."""

from transports.link.complaints import AGAIN_SECONDS, KNOWN_LIMIT, Complaints


def test_the_same_words_are_said_once() -> None:
    complaints = Complaints()

    assert complaints.about("no key", 0.0) == "no key"
    assert complaints.about("no key", 1.0) is None
    assert complaints.about("wrong key", 1.0) == "wrong key"


def test_after_a_minute_they_are_said_again_with_how_often_they_came() -> None:
    complaints = Complaints()
    for second in range(10):
        complaints.about("no key", float(second))

    assert complaints.about("no key", AGAIN_SECONDS) == "no key (9 times more since it was last said)"
    assert complaints.about("no key", 2 * AGAIN_SECONDS) == "no key"


def test_ever_new_words_fill_neither_the_log_nor_the_memory() -> None:
    complaints = Complaints()
    said = [complaints.about(f"key {number}", 0.0) for number in range(10 * KNOWN_LIMIT)]

    assert sum(words is not None for words in said) == KNOWN_LIMIT
    assert complaints.about("later", AGAIN_SECONDS) == "later"
