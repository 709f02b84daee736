"""Who plays in a benchmark: names that seed and load generator agree on."""

PASSWORD = "correct horse"


def player_name(number: int) -> str:
    """A name of letters only: loadaaaa, loadbaaa, ..."""
    letters = []
    for _ in range(4):
        number, letter = divmod(number, 26)
        letters.append(chr(ord("a") + letter))
    return "load" + "".join(letters)
