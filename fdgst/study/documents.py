"""The documents of the study model: the JSON schema for editors, and docs/config.md for readers.

``python -m fdgst.study.documents`` writes both; with ``--check`` it compares them with what the model says.
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any, get_args

import yaml

from fdgst.study import rooms
from fdgst.study.model import Configuration, Dataset, Domain
from fdgst.study.strict import Strict

HOUSE = Path(__file__).parents[2]
SCHEMA, PAGE = HOUSE / "workflow/schemas/config.schema.json", HOUSE / "docs/config.md"
_MISSING = object()  # null is a value
HEAD = """# Every key of the configuration

This page is made from the model that checks a configuration (`python -m fdgst.study.documents`). The same model makes
[the JSON schema](../workflow/schemas/config.schema.json), with which an editor completes and checks keys as you type.
In VS Code, write this as the first line of an overlay:

```yaml
# yaml-language-server: $schema=path/to/workflow/schemas/config.schema.json
```

`config.yaml` holds every value once. An overlay, given with `--configfile mine.yaml`, says only what differs: its maps
are merged with those of `config.yaml`, and its lists replace them. Everything is checked before the first job, and in a
dry run (`snakemake --dry-run`): each fault is one line that names the key, what was expected and what was found. The
column "demo" shows the values of `config.yaml`.
"""


def schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration file; an overlay need not hold every key."""
    made = _described(Configuration, Configuration.model_json_schema(by_alias=True))
    made["title"], made["$schema"] = "Configuration of fdgst", "https://json-schema.org/draft/2020-12/schema"
    for name, common in (("Dataset", Dataset), ("Domain", Domain)):
        for reader in rooms.reader_names():
            cls = getattr(rooms.reader_class(reader), name)
            own = _described(cls, cls.model_json_schema())
            made["$defs"] |= own.pop("$defs", {})
            for key, value in own.get("properties", {}).items():
                described = f"reader {reader}: {value.get('description', '')}"
                made["$defs"][name]["properties"].setdefault(key, value | {"description": described})
        assert set(common.model_fields) <= set(made["$defs"][name]["properties"])
    return _without_required(made)


def _described(cls: type[Strict], made: dict[str, Any]) -> dict[str, Any]:
    """Add the texts below the fields of a model and of those in it.

    Pydantic can do it (``use_attribute_docstrings``), but reads the source of each class anew in every process.
    """
    for model in _models(cls):
        part = made if model is cls else made["$defs"][model.__name__]
        for key, text in _texts(model):
            part["properties"][model.model_fields[key].alias or key]["description"] = text
    return made


def _texts(cls: type[Strict]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a model and the text below each, from its source."""
    for base in reversed(cls.__mro__[: cls.__mro__.index(Strict)]):
        definition = ast.parse(dedent(inspect.getsource(base))).body[0]
        assert isinstance(definition, ast.ClassDef)
        for line, below in pairwise(definition.body):
            if isinstance(line, ast.AnnAssign) and isinstance(below, ast.Expr):
                yield ast.unparse(line.target), inspect.cleandoc(ast.literal_eval(below.value))


def _models(part: Any) -> Iterator[type[Strict]]:
    """Yield the models in an annotation, and those in their fields."""
    if isinstance(part, type) and issubclass(part, Strict):
        yield part
        for field in part.model_fields.values():
            yield from _models(field.annotation)
    for inner in get_args(part):
        yield from _models(inner)


def page() -> str:
    """Return docs/config.md."""
    demo = yaml.safe_load((HOUSE / "config.yaml").read_text(encoding="utf-8"))
    whole = schema()
    parts = [HEAD]
    for key, value in whole["properties"].items():
        parts += ["", f"## {key}", "", _text(value, whole), "", *_section(key, value, demo.get(key), whole)]
    return "\n".join(parts).rstrip() + "\n"


def _section(key: str, value: dict[str, Any], demo: Any, whole: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one key: a table of its own keys, or its type and value."""
    inner, listed = _inside(value, whole)
    if "properties" not in inner:
        yield f"Type and range: {_type(value, whole)}. Demo: {_value(demo)}."
        return
    if listed:
        yield f"A list; each entry has the keys below. Demo: {len(demo)} entries."
        yield ""
    yield from _table(inner, None if listed else demo, whole, "")


def _table(model: dict[str, Any], demo: Any, whole: dict[str, Any], prefix: str) -> Iterator[str]:
    """Yield a table of keys, and below it those of the maps in it."""
    yield "| key | meaning | type and range | demo |" if demo else "| key | meaning | type and range |"
    yield "|---|---|---|---|" if demo else "|---|---|---|"
    deeper = []
    for key, value in model["properties"].items():
        inner, _ = _inside(value, whole)
        cells = [f"`{prefix}{key}`", _text(value, whole), _type(value, whole)]
        yield (
            "| "
            + " | ".join(_cell(text) for text in [*cells, *([_value(demo.get(key, _MISSING))] if demo else [])])
            + " |"
        )
        if "properties" in inner:
            deeper.append((key, inner))
    for key, inner in deeper:
        yield from ("", f"Each entry of `{prefix}{key}`:", "")
        yield from _table(inner, None, whole, "")


def _inside(value: dict[str, Any], whole: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the model that a key is about, and whether the key is a list of such."""
    if "$ref" in value:
        return whole["$defs"][value["$ref"].rpartition("/")[2]], False
    if "items" in value:
        return _inside(value["items"], whole)[0], True
    for alternative in value.get("anyOf", []):
        inner, listed = _inside(alternative, whole)
        if "properties" in inner:
            return inner, listed
    return value, False


def _text(value: dict[str, Any], whole: dict[str, Any]) -> str:
    """Return what a key means, as one line."""
    return " ".join(value.get("description", _inside(value, whole)[0].get("description", "")).split())


def _type(value: dict[str, Any], whole: dict[str, Any]) -> str:
    """Say type and range of a key in words."""
    if "$ref" in value:
        return "keys of its own"
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(part, whole) for part in value["anyOf"]))
    if "enum" in value:
        return ", ".join(str(item) for item in value["enum"])
    if "const" in value:
        return str(value["const"])
    if value.get("type") == "array":
        return _list(value, whole)
    words = {
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "boolean": "true or false",
        "null": "null",
    }
    limits = {
        "minimum": "at least",
        "exclusiveMinimum": "more than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
    }
    said = [f"{text} {value[name]:g}" for name, text in limits.items() if name in value]
    said += ["letters, digits and underscores"] if "pattern" in value else []
    return ", ".join([words.get(value.get("type", ""), "keys of its own"), *said])


def _list(value: dict[str, Any], whole: dict[str, Any]) -> str:
    """Say what a list holds."""
    if "prefixItems" in value:
        return "[" + ", ".join(_type(item, whole) for item in value["prefixItems"]) + "]"
    return f"list of ({_type(value['items'], whole)})"


def _value(value: Any) -> str:
    """Write a value as in YAML, where it is short enough to be read in a table."""
    if value is _MISSING:
        return "–"
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return f"`{text}`" if len(text) <= 40 else "see config.yaml"


def _cell(text: str) -> str:
    """Write text so that it stays in its cell."""
    return text.replace("|", "\\|")


def _without_required(made: Any) -> Any:
    """Drop the lists of keys that must be there: they may stand in config.yaml, below an overlay."""
    if isinstance(made, dict):
        return {key: _without_required(value) for key, value in made.items() if key != "required"}
    return [_without_required(item) for item in made] if isinstance(made, list) else made


def main() -> None:
    """Write the documents, or compare them."""
    texts = {SCHEMA: json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", PAGE: page()}
    if "--check" in sys.argv:
        stale = [path for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
        hint = "not what the model says; run python -m fdgst.study.documents"
        sys.exit("\n".join(f"{path.relative_to(HOUSE)}: {hint}" for path in stale) or None)
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
