"""Rule files to a book: a file or folder in, a `Book` or every problem out.

Invariant: either the whole book is good or none of it is used; nothing in it is ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from streams.rules.book import Book, Rule
from streams.rules.clauses import Lists
from streams.rules.heap import unwatched
from streams.rules.model import LISTS, WordList
from streams.rules.rule import Channels, read_rule
from streams.validation import validate
from streams.written import Written, WrittenList, WrittenRule
from streams.yaml12 import Document, Invalid, Place, Problem, read


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
    with unwatched():
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
    return Document(file if known else where, value, start)


def _written(documents: Sequence[Document], rules: Mapping[str, Rule], path: Path) -> Written:
    """The values of the files; `where` is told from the folder they lie in."""

    def where(document: Document, place: Place) -> str:
        file, line, column = document.where(place, key=True).rsplit(":", 2)
        shown = Path(file)
        if shown.is_relative_to(path.parent):
            shown = shown.relative_to(path.parent)
        return f"{shown.as_posix()}:{line}:{column}"

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
            rule, _, found = read_rule(document, rule_id, lists, default_to)
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
