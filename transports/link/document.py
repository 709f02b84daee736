"""Writes the reference part of docs/protocol.md from the types: `python -m transports.link.document`.

The page has a part by hand (what the link is, how its flows go) and a part between two marks that is made
here, so that it cannot disagree with the code. A test fails when the page is not current.
"""

import enum
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from transports.link import protocol
from transports.link.codec import MAX_BATCH_BYTES, MAX_BATCH_FRAMES, PROTOCOL_VERSION, SPLIT_BATCH_BYTES
from transports.link.protocol import MENDS, Frame, OutputBody, ReplyBody, RequestBody, StateUpdate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
BEGIN = "<!-- made by `python -m transports.link.document`: do not edit below -->"
END = "<!-- made by `python -m transports.link.document`: do not edit above -->"

_SECTIONS: tuple[tuple[str, object, str], ...] = (
    ("Frames", Frame, "What a batch is made of. Arrays: the kind, then the fields in order."),
    ("Requests", RequestBody, "The body of `Request`. Maps; `type` holds the kind."),
    ("Replies", ReplyBody, "The body of `Reply`. Maps; `type` holds the kind."),
    (
        "Outputs",
        OutputBody,
        "The body of `Output` and `Multicast`. Arrays: the kind, then the fields in order.",
    ),
    ("State updates", StateUpdate, "The update in `EntityStateChanged`. Arrays like the outputs."),
)


def current(page: str) -> str:
    """The page with its reference part made anew. Raises ValueError if a mark is missing."""
    head, _, rest = page.partition(BEGIN)
    _, mark, tail = rest.partition(END)
    if not mark:
        raise ValueError(f"{PAGE.name} has lost its marks; put back these two lines: {BEGIN} {END}")
    return f"{head}{BEGIN}\n\n{reference()}\n{END}{tail}"


def reference() -> str:
    """The reference: limits, every record with its fields, every choice with its values."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "## Limits\n"
    yield "| what | value |\n|---|---|"
    yield f"| protocol version | {PROTOCOL_VERSION} |"
    yield f"| largest batch | {MAX_BATCH_BYTES:,} bytes, checked before decoding |"
    yield f"| a batch is split above | {SPLIT_BATCH_BYTES:,} bytes |"
    yield f"| most frames in a batch | {MAX_BATCH_FRAMES:,} |\n"
    described: set[type] = set()
    for title, union, words in _SECTIONS:
        yield f"## {title}\n"
        yield f"{words}\n"
        for record in typing.get_args(union):
            described.add(record)
            yield from _record(record)
    yield "## Parts\n"
    yield "Records without a kind of their own, inside the ones above.\n"
    for record in _structs():
        if record not in described:
            yield from _record(record)
    yield "## Choices\n"
    for choice in _enums():
        yield f"**{choice.__name__}**: {_summary(choice)} " + ", ".join(
            f"`{member.value}`" for member in choice
        )
        yield ""
    yield "## What a failure tells the player\n"
    yield "| code | words, unless there are better ones |\n|---|---|"
    for code, text in MENDS.items():
        yield f"| `{code.value}` | {text} |"
    yield ""


def _record(record: type[msgspec.Struct]) -> Iterator[str]:
    tag = record.__struct_config__.tag
    yield f"### {record.__name__}" + (f" `{tag}`" if tag else "") + "\n"
    yield inspect.cleandoc(record.__doc__ or "") + "\n"
    fields = msgspec.structs.fields(record)
    if not fields:
        return
    hints = _hints(record)
    yield "| field | type | default |\n|---|---|---|"
    for field in fields:
        yield f"| `{field.name}` | {hints[field.name]} | {_default(field)} |"
    yield ""


def _hints(record: type[msgspec.Struct]) -> dict[str, str]:
    return {name: _type(hint) for name, hint in typing.get_type_hints(record).items()}


def _type(hint: Any) -> str:
    if hint is Any:
        return "any"
    if hint is type(None):
        return "none"
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return _union(arguments)
    if not arguments:
        return f"{hint.__name__}"
    inner = ", ".join("…" if argument is ... else _type(argument) for argument in arguments)
    return f"{hint.__origin__.__name__}[{inner}]"


def _union(arguments: tuple[Any, ...]) -> str:
    for title, union, _ in _SECTIONS:
        if arguments == typing.get_args(union):
            return f"one of [{title}](#{title.lower().replace(' ', '-')})"
    return " or ".join(_type(argument) for argument in arguments)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return f"`{field.default_factory()!r}`"
    if field.default is msgspec.NODEFAULT:
        return ""
    value = field.default.value if isinstance(field.default, enum.Enum) else field.default
    return f"`{value!r}`"


def _structs() -> list[type[msgspec.Struct]]:
    return [
        member
        for name in protocol.__all__
        if isinstance(member := getattr(protocol, name), type)
        and issubclass(member, msgspec.Struct)
        and member not in (protocol.Compact, protocol.Open)
    ]


def _enums() -> list[type[enum.Enum]]:
    return [
        member
        for name in protocol.__all__
        if isinstance(member := getattr(protocol, name), type) and issubclass(member, enum.Enum)
    ]


def _summary(choice: type[enum.Enum]) -> str:
    return inspect.cleandoc(choice.__doc__ or "").partition("\n")[0]


def main() -> int:
    """Write the page. Returns 0 if it was current already, else 1, as a formatter does with a check."""
    page = PAGE.read_text(encoding="utf-8")
    made = current(page)
    if made == page:
        return 0
    PAGE.write_text(made, encoding="utf-8")
    sys.stdout.write(f"{PAGE} was out of date and has been written\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
