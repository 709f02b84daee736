"""`python -m tests.chaos --seconds 300 --seed 7`: play so long while everything breaks, and judge."""

# ruff: noqa: E402
from gevent import monkey

monkey.patch_all()

import random
import sys

import click

from tests.chaos.faults import Kind
from tests.chaos.running import run_chaos
from tests.play.kit import empty_folder


@click.command()
@click.option("--seconds", default=60.0, help="How long is played.")
@click.option("--seed", type=int, help="Draws the faults; without it one is drawn and printed.")
@click.option("--only", multiple=True, type=click.Choice([kind.name.lower() for kind in Kind]))
@click.option("--keep", is_flag=True, help="Keep the folder with data and logs, and say where it is.")
def main(seconds: float, seed: int | None, only: tuple[str, ...], keep: bool) -> None:
    """Hurt a real server while it is played, and judge whether every promise was kept."""
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    kinds = [Kind[name.upper()] for name in only] or list(Kind)
    click.echo(f"seed {seed}")
    with empty_folder(keep=keep) as path:
        report = run_chaos(path, seconds=seconds, seed=seed, kinds=kinds, say=click.echo)
        click.echo("\n".join(report.lines()))
        if keep:
            click.echo(f"data and logs: {path}")
    sys.exit(1 if report.findings else 0)


if __name__ == "__main__":
    main()
