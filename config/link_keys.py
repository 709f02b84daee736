"""What `run.py keys` shows: the public keys of this machine, and what to write into which configuration.

The reader is an operator with two machines and two windows. So each block says on which machine it goes, is
whole, and holds nothing that must stay secret.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

# Of the link, where the configuration has no port for it yet. No other well-known program uses it.
DEFAULT_PORT = 4800

_WORDS = """\
The keys of this machine:

  world             {world}
                    secret in {world_file}
  gateway "{gateway_name}"{pad}{gateway}
                    secret in {gateway_file}

If the WORLD runs on this machine: write this into the configuration of each gateway, on its own machine,
with the name or address of this machine in place of WORLD-HOST.

  [link]
  address = "tcp://WORLD-HOST:{port}"

  [link.curve]
  world = "{world}"

If the GATEWAY runs on this machine: write this into the configuration of the world, on its own machine.
Where gateways are listed already, add this one to the list; each needs a name of its own (gateway.name).

  [link]
  address = "tcp://0.0.0.0:{port}"

  [link.curve]
  gateways = ["{gateway_name}={gateway}"]

Then start `python run.py world` there and `python run.py gateway` here, or the other way round.
Public keys are no secret. The two files above are: they stay on this machine, and nobody else may read them.
"""


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """The public keys of this machine, where their secrets are, and the port that the link is to use."""

    world: str
    world_file: Path
    gateway: str
    gateway_file: Path
    gateway_name: str
    port: int = DEFAULT_PORT

    def words(self) -> str:
        """For a reader."""
        pad = " " * max(1, 8 - len(self.gateway_name))
        return _WORDS.format(**asdict(self), pad=pad)

    def fields(self) -> dict[str, dict[str, str]]:
        """For a program."""
        return {
            "world": {"public": self.world, "secret_file": str(self.world_file)},
            "gateway": {
                "name": self.gateway_name,
                "public": self.gateway,
                "secret_file": str(self.gateway_file),
            },
        }


def port_in(address: str) -> int:
    """The port of a tcp address, or the default one."""
    port = address.rpartition(":")[2]
    return int(port) if address.startswith("tcp://") and port.isdecimal() and int(port) else DEFAULT_PORT
