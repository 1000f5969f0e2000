import json

from fdgst.study.documents import PAGE, SCHEMA, page, schema
from tests.study.conftest import BASE


def test_the_documents_say_what_the_model_says():
    assert SCHEMA.read_text() == json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", (
        "python -m fdgst.study.documents"
    )
    assert PAGE.read_text() == page(), "python -m fdgst.study.documents"


def test_every_key_has_a_meaning():
    def silent(place, value):
        for name, key in value.get("properties", {}).items():
            if not key.get("description") and "$ref" not in key:
                yield f"{place}.{name}"

    whole = schema()
    assert [*silent("", whole)] + [line for name, model in whole["$defs"].items() for line in silent(name, model)] == []


def test_the_schema_accepts_the_demo_and_refuses_a_misspelt_key():
    import jsonschema
    import yaml

    demo = yaml.safe_load(BASE.read_text())
    jsonschema.validate(demo, schema())
    demo["training"]["lerning_rate"] = 1
    assert not jsonschema.Draft202012Validator(schema()).is_valid(demo)
