"""The world files: what a correct one means, and what is said of a wrong one, with file and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.world.atlas import parse
from actors.world.atlas_records import ItemKey, NpcKey, RoomKey
from actors.world.directions import Direction
from actors.world.errors import AtlasError
from tests.actors.world.sample import FILES, HARBOUR, TOWN


def problems_of(*texts: str) -> list[str]:
    with pytest.raises(AtlasError) as caught:
        parse([(f"{number}.toml", text) for number, text in enumerate(texts, start=1)], behaviours={"Npc"})
    return [str(problem) for problem in caught.value.problems]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_names_are_local_to_their_zone_and_reach_into_others() -> None:
    atlas = parse(FILES)

    assert atlas.start == "harbour/quay"
    assert atlas.rooms[RoomKey("harbour/quay")].exits[Direction.EAST].room == "town/market"
    assert atlas.zones["harbour"].rooms == ("harbour/quay", "harbour/inn", "harbour/cellar")


def test_a_description_keeps_its_paragraphs_and_loses_the_line_breaks_of_the_file() -> None:
    quay = parse(FILES).rooms[RoomKey("harbour/quay")]

    assert quay.description == "Tar, salt and gulls. The planks creak.\nA tavern sign swings to the north."


def test_a_door_is_found_by_the_words_of_its_name() -> None:
    door = parse(FILES).rooms[RoomKey("harbour/quay")].exits[Direction.NORTH].door

    assert door is not None
    assert door.closed
    assert door.keywords == ("oak", "door")


def test_an_item_is_found_by_the_words_of_its_name_and_its_keywords() -> None:
    rope = parse(FILES).items[ItemKey("town/rope")]

    assert rope.keywords == ("coil", "rope", "hemp")
    assert rope.display_name == "a coil of rope"


def test_an_npc_without_a_behaviour_is_played_by_the_plain_one() -> None:
    assert parse(FILES).npcs[NpcKey("harbour/innkeeper")].behaviour == "Npc"


def test_a_missing_exit_target_is_named_with_its_line_and_the_nearest_room() -> None:
    wrong = HARBOUR.replace('east = "town/market"', 'east = "town/markett"')

    problems = problems_of(wrong, TOWN.replace('exits.west = "harbour/quay"', ""))

    line = line_of(wrong, "town/markett")
    assert problems == [
        f"1.toml:{line}: the exit east of harbour/quay leads to 'town/markett', and there is no such room; "
        "did you mean 'town/market'?"
    ]


def test_all_problems_of_all_files_are_listed_at_once() -> None:
    wrong = HARBOUR.replace('start = "quay"', 'start = "key"').replace("takeable = false", 'takeable = "no"')

    problems = problems_of(wrong, TOWN.replace('name = "The Market"', 'nam = "The Market"'))

    assert [problem.partition(": ")[0] for problem in problems] == [
        f"1.toml:{line_of(wrong, 'start =')}",
        f"1.toml:{line_of(wrong, 'takeable')}",
        f"2.toml:{line_of(TOWN, '[rooms.market]')}",
        f"2.toml:{line_of(TOWN, 'The Market')}",
    ]


def test_a_zone_id_may_be_used_once() -> None:
    problems = problems_of(HARBOUR, TOWN.replace('id = "town"', 'id = "harbour"'))

    assert "2.toml:3: the zone id 'harbour' is taken by 1.toml:3: choose another" in problems


def test_a_name_used_twice_in_a_file_is_a_problem_of_its_line() -> None:
    wrong = HARBOUR + '\n[rooms.quay]\nname = "Again"\n'

    problems = problems_of(wrong, TOWN)

    assert (
        problems[0]
        == f"1.toml:{line_of(wrong, 'Again') - 1}: not valid TOML: Cannot declare ('rooms', 'quay') twice"
    )


def test_an_unknown_key_is_answered_with_the_nearest_known_one() -> None:
    wrong = HARBOUR.replace("weight = 400", "wieght = 400")

    assert problems_of(wrong, TOWN) == [
        f"1.toml:{line_of(wrong, 'wieght')}: unknown key 'wieght' in [items.anchor]; did you mean 'weight'?"
    ]


def test_an_unknown_direction_is_answered_with_the_nearest_known_one() -> None:
    wrong = HARBOUR.replace("exits.down", "exits.dwon")

    assert problems_of(wrong, TOWN) == [
        f"1.toml:{line_of(wrong, 'exits.dwon')}: 'dwon' is no direction; did you mean 'down'?"
    ]


def test_a_wrong_type_says_what_was_expected_and_what_was_found() -> None:
    wrong = HARBOUR.replace("weight = 400", 'weight = "heavy"')

    assert problems_of(wrong, TOWN) == [
        f"1.toml:{line_of(wrong, 'weight')}: 'weight' must be a whole number, got the text 'heavy'"
    ]


def test_an_exit_without_a_way_back_must_be_marked_one_way() -> None:
    wrong = HARBOUR.replace('{ room = "cellar", one_way = true }', '"cellar"')

    (problem,) = problems_of(wrong, TOWN)

    assert problem.startswith(f"1.toml:{line_of(wrong, 'exits.down')}: the exit down of harbour/inn")
    assert 'up = "harbour/inn"' in problem
    assert "one_way = true" in problem


def test_a_door_needs_its_other_side() -> None:
    wrong = HARBOUR.replace(
        'exits.south = { room = "quay", door = "oak door", closed = true }', 'exits.south = "quay"'
    )

    (problem,) = problems_of(wrong, TOWN)

    assert "the oak door north of harbour/quay has no other side" in problem


def test_a_world_without_a_start_room_is_refused() -> None:
    (problem,) = problems_of(HARBOUR.replace('start = "quay"', ""), TOWN)

    assert problem == '1.toml:2: no zone says where a new character begins: add start = "ROOM" to one [zone]'


def test_a_second_start_room_is_refused() -> None:
    (problem,) = problems_of(HARBOUR, TOWN.replace('id = "town"', 'id = "town"\nstart = "market"'))

    assert problem == "2.toml:4: the start room is already given in 1.toml:5: keep one"


def test_no_files_at_all_are_refused() -> None:
    (problem,) = problems_of()

    assert "no zone says where a new character begins" in problem


def test_an_unknown_behaviour_is_named() -> None:
    wrong = HARBOUR.replace('room = "inn"\n', 'room = "inn"\nbehaviour = "Innkeper"\n')

    (problem,) = problems_of(wrong, TOWN)

    assert "no behaviour class is called 'Innkeper'" in problem


def test_an_item_in_a_room_that_does_not_exist_is_named() -> None:
    wrong = TOWN.replace('room = "market"', 'room = "cellar"')

    (problem,) = problems_of(HARBOUR, wrong)

    line = line_of(wrong, 'room = "cellar"')
    assert problem.startswith(
        f"2.toml:{line}: the item town/rope belongs to 'town/cellar', and there is no such room"
    )


def test_control_characters_cannot_be_written_into_the_world() -> None:
    (problem,) = problems_of(HARBOUR.replace("Barrels,", "Barrels\\u001b[31m,"), TOWN)

    assert "holds the control character '\\x1b'" in problem


def test_broken_toml_names_its_line() -> None:
    wrong = HARBOUR.replace("weight = 400", "weight =")

    problems = problems_of(wrong, TOWN)

    assert problems[0].startswith(f"1.toml:{line_of(wrong, 'weight =')}: not valid TOML")


@given(
    st.integers(0, len(HARBOUR)),
    st.integers(0, 30),
    st.sampled_from(["", "x", "=", "[", "{", '"', "\n", "1"]),
)
def test_any_damage_gives_an_atlas_or_an_atlas_error(start: int, length: int, filler: str) -> None:
    text = HARBOUR[:start] + filler + HARBOUR[start + length :]

    try:
        parse([("harbour.toml", text), ("town.toml", TOWN)])
    except AtlasError as error:
        lines = {problem.line for problem in error.problems}
    else:
        lines = {1}
    assert all(1 <= line <= text.count("\n") + 2 for line in lines)
