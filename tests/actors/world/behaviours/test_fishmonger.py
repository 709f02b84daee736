from actors.world.behaviours.fishmonger import CRIES, Fishmonger
from actors.world.testing import World


def test_the_wares_are_cried_one_after_the_other_and_then_again() -> None:
    with World() as world:
        market = world.room("market")
        pell = world.spawn(Fishmonger, market, name="Widow Pell")
        ann = world.player("Ann", market)

        world.advance(seconds=180 * (len(CRIES) + 1))

        assert ann.lines[-len(CRIES) - 1 :] == [f"Widow Pell exclaims, “{cry}”" for cry in (*CRIES, CRIES[0])]
        assert pell.state.cries == len(CRIES) + 1


def test_the_next_cry_follows_also_after_a_crash() -> None:
    with World() as world:
        market = world.room("market")
        pell = world.spawn(Fishmonger, market)
        ann = world.player("Ann", market)

        world.advance(seconds=180)
        world.crash(pell)
        world.advance(seconds=180)

        assert ann.heard(CRIES[0])
        assert ann.lines[-1].endswith(f"“{CRIES[1]}”")


def test_who_asks_the_price_hears_what_it_is() -> None:
    with World() as world:
        market = world.room("market")
        world.spawn(Fishmonger, market)
        ann = world.player("Ann", market)

        ann.types("say How much for that herring?")

        assert ann.heard("Take one and owe me.")


def test_who_pays_is_thanked_and_the_coins_are_hers() -> None:
    with World() as world:
        market = world.room("market")
        pell = world.spawn(Fishmonger, market, name="Widow Pell")
        ann = world.player("Ann", market)

        assert ann.types("give 3 coins to pell")[0] == "You give three coins to Widow Pell."

        assert ann.heard("Then you owe me less than the others, Ann.")
        assert (ann.state.coins, pell.state.coins) == (17, 3)
