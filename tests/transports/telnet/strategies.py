"""Bytes worth giving to a telnet parser: any bytes, but with the ones that mean something far more often."""

from hypothesis import strategies as st

MEANINGFUL = bytes(
    (0, 1, 3, 7, 8, 9, 10, 13, 24, 25, 27, 31, 39, 42, 70, 91, 92, 93, 127, 201, 0xC3, 0xA4)
) + bytes(range(236, 256))

garbage = st.lists(
    st.one_of(
        st.sampled_from([bytes((byte,)) for byte in MEANINGFUL]),
        st.sampled_from([b"\xff\xfa", b"\xff\xf0", b"\xff\xff", b"\r\n", b"\x1b[", b"look", "é".encode()]),
        st.binary(max_size=6),
    ),
    max_size=40,
).map(b"".join)


def splits(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """The data cut into pieces at any places."""
    places = st.lists(st.integers(0, len(data)), max_size=8).map(sorted)
    return places.map(lambda cuts: [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)])
