"""Rule files to a book: a file or folder in, a `Book` or every problem out.

Invariant: either the whole book is good or none of it is used; nothing in it is ignored.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from streams.rules.ast import And, Node, Not, Or
from streams.rules.book import Book, Rule
from streams.rules.model import (
    LISTS,
    Clauses,
    RuleModel,
    RuleTest,
    WordList,
)
from streams.rules.terms import make_term
from streams.written import Written, WrittenList, WrittenRule
from streams.yaml12 import Document, Invalid, Place, Problem, read, suggestion, validate

Lists = Mapping[str, tuple[str, ...]]
"""The words of each list, as written."""
Channels = Callable[[str], tuple[str, ...]]
"""Whom a rule tells that does not say so itself."""


def rule_files(path: Path) -> list[Path]:
    """The rule files at `path`: itself, or every `*.yaml` below it in sorted order."""
    if not path.is_dir():
        return [path]
    found = (p for pattern in ("*.yaml", "*.yml") for p in path.rglob(pattern))
    return sorted(p for p in found if p.is_file() and not p.name.startswith("."))


def load_book(path: Path, *, default_to: Sequence[str] = (), must_tell: bool = False) -> Book:
    """The book in the file or folder `path`; rules without `to:` tell `default_to`.

    With `must_tell`, a rule that tells nobody is a problem; offline tools do not mind.

    Raises:
        Invalid: anything is wrong anywhere; holds all problems, in file order.
    """
    return read_rules(path, default_to=default_to, must_tell=must_tell)[0]


def read_rules(
    path: Path, *, default_to: Sequence[str] = (), must_tell: bool = False
) -> tuple[Book, Written]:
    """The book in the file or folder `path`, and what it was written as; see `load_book`.

    Raises:
        Invalid: anything is wrong anywhere; holds all problems, in file order.
    """
    documents, problems = _read_all(path)
    rules, found = _rules(documents, lambda _: tuple(default_to), must_tell=must_tell)
    problems += found
    if not problems and not rules:
        problems.append(Problem(str(path), 1, 1, "no rules here"))
    if problems:
        raise Invalid(sorted(set(problems)))
    return Book(tuple(rules.values())), _written(documents, rules, path)


def build_book(written: Written) -> Book:
    """The book as written elsewhere, by the code that reads files.

    Raises:
        Invalid: this program would refuse it in a file.
    """
    lists = [
        _document(words.where, {LISTS: {name: list(words.words)}})
        for name, words in written.lists.items()
    ]
    documents = [_document(rule.where, {name: rule.rule}) for name, rule in written.rules.items()]
    rules, problems = _rules(
        lists + documents, lambda name: written.rules[name].channels, must_tell=False
    )
    if problems:
        raise Invalid(sorted(set(problems)))
    return Book(tuple(rules.values()))


def _document(where: str, value: Any) -> Document:
    file, line, column = (*where.rsplit(":", 2), "", "")[:3]
    known = line.isdecimal() and column.isdecimal()
    start = (int(line), int(column)) if known else (1, 1)
    return Document(file if known else where, value, None, start)


def _written(documents: Sequence[Document], rules: Mapping[str, Rule], path: Path) -> Written:
    """The values of the files; `where` is told from the folder they lie in."""

    def where(document: Document, place: Place) -> str:
        at = document.problem(place, "", key=True)
        file = Path(at.file)
        shown = file.relative_to(path.parent) if file.is_relative_to(path.parent) else file
        return f"{shown.as_posix()}:{at.line}:{at.column}"

    return Written(
        rules={
            name: WrittenRule(
                rule=document.value[name],
                channels=rules[name].channels,
                where=where(document, (name,)),
            )
            for document in documents
            for name in _rule_ids(document)
        },
        lists={
            name: WrittenList(words=tuple(words), where=where(document, (LISTS, name)))
            for document in documents
            for name, words in document.value.get(LISTS, {}).items()
        },
    )


def _rules(
    documents: Sequence[Document], default_to: Channels, *, must_tell: bool
) -> tuple[dict[str, Rule], list[Problem]]:
    lists, problems = _lists(documents)
    rules: dict[str, Rule] = {}
    for document in documents:
        for rule_id in _rule_ids(document):
            rule, found = _rule(document, rule_id, lists, default_to)
            problems += found
            if rule is not None and rule_id in rules:
                message = f'rule "{rule_id}" is already in {rules[rule_id].where}'
                problems.append(document.problem((rule_id,), message, key=True))
            elif rule is not None:
                rules[rule_id] = rule
                if must_tell and not rule.channels:
                    message = f"{rule_id} tells nobody: it needs to:, or desk.yaml a default"
                    problems.append(document.problem((rule_id,), message, key=True))
    return rules, problems


def _read_all(path: Path) -> tuple[list[Document], list[Problem]]:
    documents: list[Document] = []
    problems: list[Problem] = []
    for file in rule_files(path):
        try:
            document = read(file)
        except Invalid as error:
            problems += error.problems
            continue
        found = list(_shape(document))
        problems += found
        if not found:
            documents.append(document)
    return documents, problems


def _shape(document: Document) -> Iterator[Problem]:
    if document.value is None:
        yield document.problem((), "empty file; rules belong here, as name: {all: [...]}")
    elif not isinstance(document.value, dict):
        yield document.problem((), "a mapping of rules belongs here, as name: {all: [...]}")
    elif not isinstance(document.value.get(LISTS, {}), dict):
        yield document.problem((LISTS,), "a mapping of word lists belongs here, as name: [...]")


def _rule_ids(document: Document) -> list[Any]:
    return [key for key in document.value if key != LISTS]


def _lists(documents: Sequence[Document]) -> tuple[Lists, list[Problem]]:
    lists: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for document in documents:
        for name in document.value.get(LISTS, {}):
            place: Place = (LISTS, name)
            if not isinstance(name, str):
                said = f"{name} is no name for a list; put it in quotes"
                problems.append(document.problem(place, said, key=True))
                continue
            if name in lists:
                problems.append(document.problem(place, f'list "{name}" exists twice', key=True))
            lists[name] = ()
            model, found = validate(WordList, document, place)
            lists[name] = tuple(model.root) if model else ()
            problems += found
            problems += [
                document.problem((*place, n), "a list cannot name another list")
                for n, word in enumerate(lists[name])
                if word.startswith("@")
            ]
    return lists, problems


def _rule(
    document: Document, rule_id: Any, lists: Lists, default_to: Channels
) -> tuple[Rule | None, list[Problem]]:
    if not isinstance(rule_id, str) or not re.fullmatch(r"[a-z0-9-]+", rule_id):
        message = f'"{rule_id}" is no rule name: small letters, digits and hyphens only'
        return None, [document.problem((rule_id,), message, key=True)]
    if not isinstance(document.value[rule_id], dict):
        return None, [document.problem((rule_id,), f"{rule_id}: all:, any: or none: belong here")]
    model, problems = validate(RuleModel, document, (rule_id,), known=_known_keys)
    if model is None:
        return None, problems
    problems = list(_unusable(document, (rule_id,), model, lists))
    at = document.problem((rule_id,), "", key=True)
    where = f"{at.file}:{at.line}:{at.column}"
    channels = tuple(dict.fromkeys(model.to or default_to(rule_id)))
    rule = Rule(
        id=rule_id,
        wanted=_wanted(model, lists),
        none=_nodes(model, "none", lists, ""),
        channels=channels,
        owner=model.owner,
        about=model.about,
        where=where,
    )
    return rule, problems


def _known_keys(place: Place) -> Sequence[str]:
    if "tests" in place:
        return tuple(RuleTest.model_fields)
    return tuple((RuleModel if len(place) == 1 else Clauses).model_fields)


def _unusable(
    document: Document, place: Place, clauses: Clauses, lists: Lists
) -> Iterator[Problem]:
    """What the shape allows and the meaning does not."""
    if not clauses.all and not clauses.any:
        only = "only none: would match almost everything" if clauses.none else "empty rule"
        message = f"{only}; all: or any: needs a word"
        yield document.problem(place, message, key=len(place) == 1)
    for name in ("all", "any", "none"):
        for n, term in enumerate(getattr(clauses, name) or ()):
            here = (*place, name, n)
            if isinstance(term, Clauses):
                yield from _unusable(document, here, term, lists)
            elif term.startswith("@") and term[1:] not in lists:
                yield document.problem(
                    here, f'no list "{term}"{suggestion(term, [f"@{n}" for n in lists])}'
                )


def _nodes(clauses: Clauses, name: str, lists: Lists, path: str) -> tuple[Node, ...]:
    given = getattr(clauses, name) or ()
    return tuple(_node(t, lists, f"{path}{name}[{n}]") for n, t in enumerate(given))


def _wanted(clauses: Clauses, lists: Lists, path: str = "") -> Node:
    some = _nodes(clauses, "any", lists, path)
    every = _nodes(clauses, "all", lists, path)
    return (
        every[0] if len(every) == 1 and not some else And((*every, *((Or(some),) if some else ())))
    )


def _node(term: str | Clauses, lists: Lists, clause: str) -> Node:
    if isinstance(term, Clauses):
        path = f"{clause}."
        none = _nodes(term, "none", lists, path)
        wanted = _wanted(term, lists, path)
        return And((wanted, *map(Not, none))) if none else wanted
    if term.startswith("@"):
        return Or(tuple(make_term(word, clause) for word in lists.get(term[1:], ())))
    return make_term(term, clause)
