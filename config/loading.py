"""Putting the layers together: default.toml, then a file, then the environment; then one check of all.

Later layers win, key by key. `load` returns the checked settings with the origin of every value, or raises
one ConfigurationError with every problem of every layer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.layers import Layer, read_environment, read_file, variable_name
from config.problems import ConfigurationError, Key, Origin, Problem, allowed, leaves, nearest, shown
from config.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_FILE = PROJECT / "config" / "default.toml"
PREFIX = "WYLD_"
DELIMITER = "__"

KNOWN = leaves(Settings)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Checked settings and, for each key, where its value came from."""

    settings: Settings
    origins: Mapping[Key, Origin]


def load(
    file: Path | None = None,
    *,
    environment: Mapping[str, str],
    default_file: Path = DEFAULT_FILE,
    folder: Path | None = None,
) -> Configuration:
    """Read all layers and check them.

    `folder` is what a relative data_dir is taken from (the current one if not given); the default file's
    own data_dir is taken from the project's folder. Raises ConfigurationError.
    """
    merged: Layer = {}
    problems: list[Problem] = []
    for layer in _layers(file, environment, default_file, problems):
        problems += _unknown(layer)
        merged |= {key: entry for key, entry in layer.items() if key in KNOWN}
    origins = {key: entry.origin for key, entry in merged.items()}
    base = PROJECT if _is_from(default_file, origins.get(("data_dir",))) else folder or Path.cwd()
    try:
        settings = Settings(**_nested(merged))
    except ValidationError as error:
        problems += [_explained(detail, merged) for detail in error.errors()]
        raise ConfigurationError(tuple(dict.fromkeys(problems))) from None
    if problems:
        raise ConfigurationError(problems)
    settings = settings.model_copy(update={"data_dir": (base / settings.data_dir).resolve()})
    return Configuration(settings, {key: origins[key] for key in KNOWN})


def effective(configuration: Configuration) -> Iterable[tuple[str, str, str]]:
    """Key, value as TOML (secrets hidden) and origin of every setting, in the order of declaration."""
    for key, field in KNOWN.items():
        value: Any = configuration.settings
        for name in key:
            value = getattr(value, name)
        yield ".".join(key), shown(value, field), str(configuration.origins[key])


def _layers(
    file: Path | None, environment: Mapping[str, str], default_file: Path, problems: list[Problem]
) -> Iterable[Layer]:
    """The layers that can be read, lowest first; one that cannot is a problem and hides no other."""
    for path in (default_file, file):
        if path is not None:
            try:
                yield read_file(path)
            except ConfigurationError as error:
                problems += error.problems
    yield read_environment(environment, PREFIX, DELIMITER, KNOWN)


def _is_from(file: Path, origin: Origin | None) -> bool:
    return origin is not None and origin.source == str(file)


def _nested(layer: Layer) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for key, entry in layer.items():
        table = root
        for name in key[:-1]:
            table = table.setdefault(name, {})
        table[key[-1]] = entry.value
    return root


def _unknown(layer: Layer) -> Iterable[Problem]:
    for key, entry in layer.items():
        if key not in KNOWN:
            yield Problem(str(entry.origin), ".".join(key), None, _why_unknown(key, entry.origin))


def _why_unknown(key: Key, origin: Origin) -> str:
    inside = [known for known in KNOWN if known[: len(key)] == key]
    if inside:
        return f"is a section, not a value; set a key in it, such as {'.'.join(inside[0])}"
    if any(key[: len(known)] == known for known in KNOWN):
        return "goes below a key that holds a value, not a section"
    if origin.source.startswith("variable "):
        names = [variable_name(known, PREFIX, DELIMITER) for known in KNOWN]
        return "no such setting" + nearest(variable_name(key, PREFIX, DELIMITER), names)
    return "no such setting" + nearest(".".join(key), [".".join(known) for known in KNOWN])


def _explained(detail: ErrorDetails, merged: Layer) -> Problem:
    key = tuple(str(part) for part in detail["loc"])
    while key and key not in KNOWN and key not in {known[: len(key)] for known in KNOWN}:
        key = key[:-1]  # an element of a list: the list is what was written
    entry = merged.get(key)
    if key not in KNOWN:
        return _of_section(key, detail, merged)
    if entry is None:
        return Problem("nowhere", ".".join(key), None, f"has no value; it must be {allowed(KNOWN[key])}")
    value = shown(entry.value, KNOWN[key])
    return Problem(str(entry.origin), ".".join(key), value, f"must be {allowed(KNOWN[key])}")


def _of_section(key: Key, detail: ErrorDetails, merged: Layer) -> Problem:
    """A rule between the keys of a section: name the uppermost place that set one of them."""
    # The layers were merged in order, so an origin further down the list overrides one further up.
    origins = [entry.origin for known, entry in merged.items() if known[: len(key)] == key]
    overriding = [origin for origin in origins if origin.source != str(DEFAULT_FILE)]
    where = ", ".join(dict.fromkeys(str(origin) for origin in overriding)) or "nowhere"
    what = detail["msg"].removeprefix("Value error, ")
    return Problem(where, ".".join(key), None, what)
