from actors.world.behaviours.baker import Baker
from actors.world.testing import World


def test_who_comes_in_is_told_to_shut_the_door() -> None:
    with World() as world:
        bakery = world.room("bakery")
        world.spawn(Baker, bakery, name="Ilse")
        ann = world.player("Ann", bakery)

        assert (
            ann.lines[-1] == "Ilse says, “In or out, Ann, but shut the door. I am not baking for the street.”"
        )


def test_the_baker_sings_to_the_dough_and_answers_the_hungry() -> None:
    with World() as world:
        bakery = world.room("bakery")
        world.spawn(Baker, bakery)
        ann = world.player("Ann", bakery)

        world.advance(seconds=420)
        ann.types("say I am hungry.")

        assert ann.heard("sings the one about the sailor and the sieve")
        assert ann.heard("Take a bun, love, take two.")
