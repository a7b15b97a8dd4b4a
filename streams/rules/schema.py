"""Schema: JSON Schema of a rule file, for editors that complete and check YAML; pure.

Invariant: what the models take, the schema takes; what it cannot say (words, lists, regular
expressions, queries) it leaves to `wirewatch check`.
"""

from typing import Any

from streams.rules.model import LISTS, RULE_ID_PATTERN, RuleModel, WordList


def json_schema() -> dict[str, Any]:
    """The schema, made from the models."""
    rule = RuleModel.model_json_schema(by_alias=True)
    words = WordList.model_json_schema()
    definitions = rule.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wirewatch rules",
        "type": "object",
        "properties": {LISTS: {"type": "object", "additionalProperties": words}},
        "patternProperties": {f"(?!^{LISTS}$){RULE_ID_PATTERN}": _given(rule)},
        "additionalProperties": False,
        "$defs": _given(definitions),
    }


def _given(schema: Any) -> Any:
    """Without the null that only stands for a key left out."""
    if isinstance(schema, list):
        return [_given(each) for each in schema if each != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    kept = {k: _given(v) for k, v in schema.items() if not (k == "default" and v is None)}
    single = kept.get("anyOf")
    if isinstance(single, list) and len(single) == 1:
        kept = {**single[0], **{k: v for k, v in kept.items() if k != "anyOf"}}
    return kept
