"""The adapter interface: renderings are interned, events are values."""

import copy
import pickle

from transports.adapter import Capabilities, Colour, LineReceived, Rendering


def test_equal_renderings_are_one_object() -> None:
    one = Rendering("telnet", Colour.ANSI256, "utf-8")
    other = Rendering(family="telnet", colour=Colour.ANSI256, charset="utf-8", screen_reader=False)

    assert one is other
    assert one == other
    assert one is not Rendering("telnet", Colour.ANSI16, "utf-8")


def test_a_copied_rendering_is_still_the_same_object() -> None:
    rendering = Rendering("json", Colour.TRUECOLOR, "utf-8", screen_reader=True)

    assert copy.copy(rendering) is rendering
    assert copy.deepcopy(rendering) is rendering
    assert pickle.loads(pickle.dumps(rendering)) is rendering


def test_colours_are_ordered_by_depth() -> None:
    assert Colour.NONE < Colour.ANSI16 < Colour.ANSI256 < Colour.TRUECOLOR


def test_an_unknown_client_gets_the_plainest_rendering() -> None:
    unknown = Capabilities()

    assert unknown.rendering is Rendering("telnet", Colour.NONE, "ascii")
    assert (unknown.columns, unknown.rows, unknown.gmcp) == (80, 24, False)


def test_events_are_values() -> None:
    assert LineReceived("look") == LineReceived("look", None)
    assert LineReceived("look") != LineReceived("look", 1)
