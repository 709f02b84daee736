"""What the records of the link look like to a player, and that it is made once for each kind of client."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import rendering
from actors.rendering import Delivery, encoded, encoded_prompt, out_of_band, told
from transports.adapter import Charset, Colour, Family, Rendering
from transports.link.protocol import (
    CarriedItem,
    CharacterReleased,
    CombatAction,
    CombatOutput,
    ConditionUpdate,
    DisconnectReason,
    DisconnectSession,
    EntityStateChanged,
    FormattedOutput,
    InventoryUpdate,
    Level,
    LocationUpdate,
    OccupantKind,
    OutputBody,
    Performed,
    Prompt,
    RoomExit,
    RoomItem,
    RoomOccupant,
    RoomOutput,
    Span,
    StructuredOutput,
    SystemOutput,
    TextOutput,
    VitalsUpdate,
)
from transports.markup import plain, styled

PLAIN = Rendering("telnet")
COLOURED = Rendering("telnet", Colour.ANSI256, "utf-8")
JSON = Rendering("json", Colour.TRUECOLOR, "utf-8")

QUAY = RoomOutput(
    name="The Old Quay",
    description="Waves slap at the tarred planks.",
    exits=(RoomExit("north"), RoomExit("east", door="oak door", closed=True)),
    items=(RoomItem("a rope"), RoomItem("a coin", count=3)),
    occupants=(RoomOccupant("Ann"), RoomOccupant("the innkeeper", OccupantKind.NPC, "wipes a mug")),
)


def test_a_room_reads_like_a_place() -> None:
    assert plain(told(QUAY)).split("\n") == [
        "The Old Quay",
        "Waves slap at the tarred planks.",
        "Exits: north and east (oak door, closed).",
        "You see a rope and three coins here.",
        "Ann is here.",
        "The innkeeper wipes a mug.",
        "",
    ]


def test_an_empty_room_says_so() -> None:
    assert plain(told(RoomOutput("The Void", ""))) == "The Void\nThere is no way out.\n"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (TextOutput("A gull cries."), "A gull cries.\n"),
        (TextOutput("One.\nTwo.\n"), "One.\nTwo.\n"),
        (TextOutput(""), ""),
        (FormattedOutput((Span("Ann", "player"), Span(" smiles."))), f"{styled('player', 'Ann')} smiles.\n"),
        (SystemOutput(Level.ERROR, "No."), f"{styled('error', 'No.')}\n"),
        (CombatOutput(CombatAction.HIT, "You hit."), f"{styled('damage', 'You hit.')}\n"),
        (Prompt("> "), ""),
        (Performed(3, "> "), ""),
        (StructuredOutput("Core.Ping", {}), ""),
    ],
)
def test_every_output_is_told_in_whole_lines_or_not_at_all(body: OutputBody, text: str) -> None:
    assert told(body) == text


@pytest.mark.parametrize(
    ("body", "package"),
    [
        (StructuredOutput("Char.Name", {"name": "Ann"}), ("Char.Name", {"name": "Ann"})),
        (
            EntityStateChanged("character:1", VitalsUpdate({"health": (12, 20)})),
            ("Char.Vitals", {"hp": 12, "maxhp": 20}),
        ),
        (
            EntityStateChanged("character:1", LocationUpdate("room:a/b", "B", "a", {"north": "room:a/c"})),
            ("Room.Info", {"num": "room:a/b", "name": "B", "area": "a", "exits": {"north": "room:a/c"}}),
        ),
        (
            EntityStateChanged("character:1", InventoryUpdate((CarriedItem("item:1", "a rope"),))),
            (
                "Char.Items.List",
                {"location": "inv", "items": [{"id": "item:1", "name": "a rope", "count": 1}]},
            ),
        ),
        (
            EntityStateChanged("character:1", ConditionUpdate("resting", ("poisoned",))),
            ("Char.Status", {"posture": "resting", "effects": ["poisoned"]}),
        ),
    ],
)
def test_data_for_programs_has_the_names_that_clients_know(
    body: OutputBody, package: tuple[str, object]
) -> None:
    assert out_of_band(body) == package


@pytest.mark.parametrize(
    "body",
    [TextOutput("x"), QUAY, CharacterReleased(1), DisconnectSession(DisconnectReason.KICKED), Performed(1)],
)
def test_what_is_to_be_read_is_no_data(body: OutputBody) -> None:
    assert out_of_band(body) is None


def test_a_sentence_is_encoded_once_for_each_kind_of_client(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Rendering] = []

    def counted(text: str, rendering_: Rendering) -> bytes:
        calls.append(rendering_)
        return encoded(text, rendering_)

    monkeypatch.setattr(rendering, "encoded", counted)
    delivery = Delivery(TextOutput("Ann says, “Ahoy!”"))

    listeners = [PLAIN, COLOURED, JSON] * 100
    heard = [delivery.encoded(listener) for listener in listeners]

    assert calls == [PLAIN, COLOURED, JSON]
    assert len(set(heard)) == 3


def test_an_output_with_nothing_to_read_is_no_bytes_at_all() -> None:
    assert Delivery(Performed(1, "> ")).encoded(PLAIN) == b""


def test_long_lines_are_broken_for_telnet_only_and_not_for_screen_readers() -> None:
    long = "word " * 40

    assert b"\r\n" in encoded(long, PLAIN)
    assert b"\r\n" not in encoded(long, Rendering("telnet", screen_reader=True))
    assert b"\\n" not in encoded(long, JSON)


def test_a_prompt_gets_the_prompts_colour_unless_it_brings_its_own() -> None:
    assert encoded_prompt("> ", COLOURED) == encoded(styled("prompt", "> "), COLOURED)
    assert encoded_prompt(styled("error", "! "), COLOURED) == encoded(styled("error", "! "), COLOURED)


FAMILIES: list[Family] = ["telnet", "json"]
CHARSETS: list[Charset] = ["ascii", "latin-1", "utf-8"]


@given(
    st.text(max_size=200),
    st.builds(
        Rendering,
        st.sampled_from(FAMILIES),
        st.sampled_from(Colour),
        st.sampled_from(CHARSETS),
        st.booleans(),
    ),
)
def test_any_text_can_be_shown_to_any_client(text: str, any_rendering: Rendering) -> None:
    assert isinstance(Delivery(TextOutput(text)).encoded(any_rendering), bytes)
    assert isinstance(encoded_prompt(text, any_rendering), bytes)
