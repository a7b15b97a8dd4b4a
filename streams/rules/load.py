"""Rule files to a book: a file or folder in, a `Book` or every problem out.

Invariant: either the whole book is good or none of it is used; nothing in it is ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.rules.book import Book, Rule
from streams.rules.clauses import Lists
from streams.rules.heap import unwatched
from streams.rules.model import LISTS, WordList
from streams.rules.rule import clause_place, read_rule
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
    return load_files(path, default_to=default_to, must_tell=must_tell).book


def read_rules(
    path: Path, *, default_to: Sequence[str] = (), must_tell: bool = False
) -> tuple[Book, Written]:
    """The book in the file or folder `path`, and what it was written as; see `load_book`.

    Raises:
        Invalid: anything is wrong anywhere; holds all problems, in file order.
    """
    files = load_files(path, default_to=default_to, must_tell=must_tell)
    return files.book, _written(files, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFiles:
    """A book with the documents it was read from: for those who have more to say about it.

    `uses` are the lists each rule names.
    """

    book: Book
    rules: Mapping[str, Document]
    lists: Mapping[str, Document]
    uses: Mapping[str, frozenset[str]]

    def problem(self, rule_id: str, clause: str, message: str) -> Problem:
        """`message` where a clause of a rule (`all[1].any[0]`) is written; at its name if none."""
        place = (rule_id, *clause_place(clause))
        return self.rules[rule_id].problem(place, message, key=not clause)

    def list_problem(self, name: str, message: str) -> Problem:
        """`message` where a word list is written."""
        return self.lists[name].problem((LISTS, name), message, key=True)


def load_files(path: Path, *, default_to: Sequence[str] = (), must_tell: bool = False) -> BookFiles:
    """The book in the file or folder `path`, with its documents; see `load_book`.

    Raises:
        Invalid: anything is wrong anywhere; holds all problems, in file order.
    """
    with unwatched():
        documents, problems = _read_all(path)
        lists, found = _lists(documents)
        rules, uses, more = _rules(documents, lists, tuple(default_to), must_tell=must_tell)
    problems += found + more
    if not problems and not rules:
        problems.append(Problem(str(path), 1, 1, "no rules here"))
    if problems:
        raise Invalid(sorted(set(problems)))
    return BookFiles(
        book=Book(tuple(rules.values())),
        rules={name: document for document in documents for name in _rule_ids(document)},
        lists={name: d for d in documents for name in d.value.get(LISTS, {})},
        uses=uses,
    )


def build_book(written: Written) -> Book:
    """The book as written elsewhere, by the code that reads files.

    Raises:
        Invalid: this program would refuse it in a file.
    """
    return Builder().build(written)


@dataclass(frozen=True, slots=True)
class _Built:
    """A rule, what it was written as, and the words of the lists it uses."""

    written: WrittenRule
    lists: Mapping[str, tuple[str, ...]]
    rule: Rule


class Builder:
    """Builds one book after another: a rule that did not change is not read again."""

    def __init__(self) -> None:
        self._built: Mapping[str, _Built] = {}

    def build(self, written: Written) -> Book:
        """The book as written elsewhere; see `build_book`."""
        shelf = [
            _document(words.where, {LISTS: {name: list(words.words)}})
            for name, words in written.lists.items()
        ]
        lists, problems = _lists(shelf)
        built: dict[str, _Built] = {}
        for name, rule in written.rules.items():
            kept = self._kept(name, rule, lists)
            if kept is None:
                kept, found = _build(name, rule, lists)
                problems += found
            if kept is not None:
                built[name] = kept
        if problems:
            raise Invalid(sorted(set(problems)))
        self._built = built
        return Book(tuple(each.rule for each in built.values()))

    def _kept(self, name: str, written: WrittenRule, lists: Lists) -> _Built | None:
        """The rule as built before, if nothing it is made of has changed."""
        before = self._built.get(name)
        if before is None or before.written != written:
            return None
        same = all(lists.get(name) == words for name, words in before.lists.items())
        return before if same else None


def _build(name: str, written: WrittenRule, lists: Lists) -> tuple[_Built | None, list[Problem]]:
    document = _document(written.where, {name: written.rule})
    rule, uses, problems = read_rule(document, name, lists, written.channels)
    if rule is None:
        return None, problems
    used = {name: lists[name] for name in uses if name in lists}
    return _Built(written, used, rule), problems


def _document(where: str, value: Any) -> Document:
    file, line, column = (*where.rsplit(":", 2), "", "")[:3]
    known = line.isdecimal() and column.isdecimal()
    start = (int(line), int(column)) if known else (1, 1)
    return Document(file if known else where, value, start)


def _written(files: BookFiles, path: Path) -> Written:
    """The values of the files; `where` is told from the folder they lie in."""
    shown: dict[str, str] = {}
    for document in (*files.rules.values(), *files.lists.values()):
        if document.file not in shown:
            file = Path(document.file)
            inside = file.is_relative_to(path.parent)
            shown[document.file] = (file.relative_to(path.parent) if inside else file).as_posix()
    return Written(
        rules={
            rule.id: WrittenRule(
                rule=document.value[rule.id],
                channels=rule.channels,
                where=shown[document.file] + rule.where.removeprefix(document.file),
            )
            for rule in files.book.rules
            for document in (files.rules[rule.id],)
        },
        lists={
            name: WrittenList(
                words=tuple(document.value[LISTS][name]),
                where=shown[document.file]
                + document.where((LISTS, name), key=True).removeprefix(document.file),
            )
            for name, document in files.lists.items()
        },
    )


def _rules(
    documents: Sequence[Document], lists: Lists, default_to: tuple[str, ...], *, must_tell: bool
) -> tuple[dict[str, Rule], dict[str, frozenset[str]], list[Problem]]:
    rules: dict[str, Rule] = {}
    uses: dict[str, frozenset[str]] = {}
    problems: list[Problem] = []
    for document in documents:
        for rule_id in _rule_ids(document):
            rule, used, found = read_rule(document, rule_id, lists, default_to)
            problems += found
            if rule is not None and rule_id in rules:
                message = f'rule "{rule_id}" is already in {rules[rule_id].where}'
                problems.append(document.problem((rule_id,), message, key=True))
            elif rule is not None:
                rules[rule_id], uses[rule_id] = rule, used
                if must_tell and not rule.channels:
                    message = f"{rule_id} tells nobody: it needs to:, or desk.yaml a default"
                    problems.append(document.problem((rule_id,), message, key=True))
    return rules, uses, problems


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
