"""The one name of Pykka's that it does not export and that every runtime needs."""

from pykka.messages import _ActorStop as ActorStop

__all__ = ["ActorStop"]
