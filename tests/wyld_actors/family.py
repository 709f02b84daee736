"""A parent that decides nothing, and its supervised child: the life of a cell, moved by hand."""

from typing import Any

from tests.wyld_actors.actors import Counter
from wyld_actors import Actor, ActorSystem, Cell, ChildExited, ChildStarted, Context, on


class Parent(Actor):
    """Keeps the reports of its children and decides nothing."""

    def __init__(self, reports: list[Any]) -> None:
        self.reports = reports

    @on(ChildStarted, ChildExited)
    def report(self, ctx: Context, message: Any) -> None:
        self.reports.append(message)


class Family:
    """A parent with one supervised child, moved by hand."""

    def __init__(self, system: ActorSystem) -> None:
        self.system = system
        self.reports: list[Any] = []
        self.parent = system.spawn(Parent, self.reports, name="parent")
        system.settle()

    def child(self, actor_class: type[Actor] = Counter, *args: Any, **options: Any) -> Cell:
        cell = self.system.create_cell(actor_class, args, name="child", parent=self.parent.cell, **options)
        cell.start()
        self.system.settle()
        return cell

    def take_reports(self) -> list[Any]:
        self.system.settle()
        taken, self.reports[:] = list(self.reports), []
        return taken
