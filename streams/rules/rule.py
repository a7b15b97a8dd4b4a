"""Rule: one rule as written in a document in, a `Rule` out, or everything that is wrong with it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from streams.match import Hours, Origins, Policy
from streams.rules.ast import And, Node
from streams.rules.book import EVERYTHING, PLAIN, Admits, Case, Negation, Rule
from streams.rules.clause_model import (
    AtLeastModel,
    Clauses,
    NearModel,
    NotNearModel,
    OperandClauses,
    Strict,
    WeightsModel,
)
from streams.rules.clauses import (
    Flaw,
    Lists,
    Reader,
    unknown_list,
    wrong_at_heart,
    wrong_regex,
)
from streams.rules.model import (
    LANGUAGES,
    HoursModel,
    OriginsModel,
    RuleModel,
    RuleTest,
    days,
    duration_s,
    minutes,
)
from streams.rules.query.lexer import BadQuery
from streams.rules.query.parser import parse
from streams.rules.query.parts import Query
from streams.text import words
from streams.validation import validate
from streams.yaml12 import Document, Place, Problem

RULE_ID = re.compile(r"[a-z0-9-]+")
_WEIGHTS = "weights.of."
_STEP = re.compile(r"([a-z_]+)|\[(\d+)\]")
_TEST_PARTS = ("summary", "lang", "outlet", "feed", "credit", "url", "tier")
_WITHOUT_WORDS = {"to", "about", "owner", "tests"}


def clause_place(clause: str) -> Place:
    """Where in a rule's mapping a clause stands: `all[1].any[0]` is `("all", 1, "any", 0)`."""
    path, weights, name = clause.partition(_WEIGHTS)
    steps = _STEP.findall(path + weights)
    place = tuple(int(number) if number else key for key, number in steps)
    return (*place, name) if weights else place


def read_rule(
    document: Document, rule_id: Any, lists: Lists, default_to: tuple[str, ...]
) -> tuple[Rule | None, frozenset[str], list[Problem]]:
    """The rule of that name, the lists it uses, and what is wrong with it.

    A rule without `to:` tells `default_to`.
    """
    if not isinstance(rule_id, str) or not RULE_ID.fullmatch(rule_id):
        message = f'"{rule_id}" is no rule name: small letters, digits and hyphens only'
        return None, frozenset(), [document.problem((rule_id,), message, key=True)]
    if not isinstance(document.value[rule_id], dict):
        message = f"{rule_id}: all:, any: or query: belong here"
        return None, frozenset(), [document.problem((rule_id,), message)]
    model, problems = validate(RuleModel, document, (rule_id,), known=_known_keys)
    if model is None:
        hidden = _flaws_of_values(document.value[rule_id], lists, "")
        return None, frozenset(), problems + list(_placed(document, rule_id, hidden))
    reader = Reader(lists)
    rule = _rule(document, rule_id, model, reader, default_to)
    problems = list(_placed(document, rule_id, reader.flaws))
    return rule, frozenset(reader.lists_used), problems


def _placed(
    document: Document, rule_id: str, flaws: Sequence[Flaw] | Iterator[Flaw]
) -> Iterator[Problem]:
    for flaw in flaws:
        place = (rule_id, *clause_place(flaw.clause))
        yield document.problem(place, flaw.message, key=not flaw.clause, offset=flaw.offset)


def _rule(
    document: Document, rule_id: str, model: RuleModel, reader: Reader, default_to: tuple[str, ...]
) -> Rule:
    wanted, none = reader.wanted(model), reader.none(model)
    query = Query(wanted=())
    if model.query is not None:
        query = reader.query(model.query, "query")
        wanted, none = [*wanted, *query.wanted], (*none, *query.none)
    wrong = wrong_at_heart(wanted, none)
    if wrong and not reader.flaws:
        reader.flaws.append(Flaw("", wrong))
    node: Node = wanted[0] if len(wanted) == 1 else And(tuple(wanted))
    return Rule(
        id=rule_id,
        wanted=reader.scoped(model, node),
        none=tuple(reader.scoped(model, each) for each in none),
        admits=_admits(model, query, reader),
        negation=Negation(model.negation),
        channels=tuple(dict.fromkeys(model.to or default_to)),
        policy=_policy(model),
        owner=model.owner,
        about=model.about,
        tests=tuple(_cases(document, rule_id, model.tests)),
        where=document.where((rule_id,), key=True),
    )


def _admits(model: RuleModel, query: Query, reader: Reader) -> Admits:
    given = (model.lang, model.outlets, model.not_outlets, model.tier)
    if not any(given) and not (query.langs or query.outlets or query.not_outlets):
        return EVERYTHING
    for said, key in (
        (model.lang and query.langs, "lang"),
        (model.outlets and query.outlets, "outlet"),
    ):
        if said:
            reader.flaws.append(Flaw("query", f"{key}: stands in the rule already"))
    for code in query.langs:
        if code not in LANGUAGES:
            message = f'lang: "{code}" is no language; two small letters like en belong here'
            reader.flaws.append(Flaw("query", message))
    return Admits(
        langs=frozenset(model.lang or query.langs),
        outlets=_names(reader, model.outlets, "outlets", query.outlets),
        not_outlets=_names(reader, model.not_outlets, "not_outlets", query.not_outlets),
        tiers=frozenset(model.tier or ()),
    )


def _names(
    reader: Reader, given: Sequence[str] | None, key: str, in_query: Sequence[str]
) -> frozenset[str]:
    found = [*reader.names(given or (), key), *reader.names(in_query, "query")]
    return frozenset(" ".join(words(name)) for name in found)


def _policy(model: RuleModel) -> Policy:
    given = (model.max_age, model.origins, model.priority, model.updates, model.hours)
    if not any(given):
        return PLAIN
    return Policy(
        max_age_s=duration_s(model.max_age or ""),
        origins=_origins(model.origins) if model.origins else None,
        priority=model.priority,
        updates=model.updates,
        hours=_hours(model.hours) if model.hours else None,
    )


def _origins(model: OriginsModel) -> Origins:
    return Origins(at_least=model.at_least, within_s=duration_s(model.within))


def _hours(model: HoursModel) -> Hours:
    named = {day for written in model.days or ["mon-sun"] for day in days(written)}
    return Hours(
        days=tuple(sorted(named)),
        start_min=minutes(model.start),
        end_min=minutes(model.to),
        zone=model.zone,
    )


def _cases(document: Document, rule_id: str, tests: Sequence[RuleTest]) -> Iterator[Case]:
    """Their parts have the names of an item's fields."""
    for n, test in enumerate(tests):
        given = [(name, getattr(test, name)) for name in _TEST_PARTS]
        given += [("text", test.body), ("tags", tuple(test.tags))]
        yield Case(
            text=test.text,
            hit=test.expect == "hit",
            why=test.why,
            status=test.status,
            parts=tuple((name, value) for name, value in given if value),
            where=document.where((rule_id, "tests", n)),
        )


def _flaws_of_values(value: Any, lists: Lists, clause: str) -> Iterator[Flaw]:
    """What else is wrong in a rule whose shape is: unknown lists, patterns, queries."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _WITHOUT_WORDS:
                continue
            here = f"{clause}.{key}".removeprefix(".")
            if key == "query" and isinstance(inner, str):
                yield from _flaws_of_query(inner, lists, here)
            elif key == "regex":
                given = inner if isinstance(inner, list) else [inner]
                found = (wrong_regex(each) for each in given[:100] if isinstance(each, str))
                yield from (Flaw(here, wrong) for wrong in found if wrong)
            else:
                yield from _flaws_of_values(inner, lists, here)
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _flaws_of_values(inner, lists, f"{clause}[{n}]")
    elif isinstance(value, str) and value.startswith("@") and unknown_list(value[1:], lists):
        yield Flaw(clause, unknown_list(value[1:], lists))


def _flaws_of_query(text: str, lists: Lists, clause: str) -> Iterator[Flaw]:
    try:
        parse(text, lambda name: (And(()), unknown_list(name, lists)), clause)
    except BadQuery as error:
        for fault in error.faults:
            yield Flaw(clause, fault.message, fault.start)


_KEYS_BELOW: Mapping[str, type[Strict]] = {
    "tests": RuleTest,
    "near": NearModel,
    "not_near": NotNearModel,
    "at_least": AtLeastModel,
    "weights": WeightsModel,
    "of": OperandClauses,
    "origins": OriginsModel,
    "hours": HoursModel,
}


def _known_keys(place: Place) -> Sequence[str]:
    """The keys at a place of a rule, for suggestions."""
    named = [part for part in place[1:] if isinstance(part, str)]
    model = _KEYS_BELOW.get(named[-1], Clauses) if named else RuleModel
    return [info.alias or name for name, info in model.model_fields.items()]
