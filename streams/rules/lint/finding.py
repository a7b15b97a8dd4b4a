"""Finding: one thing to tell an analyst about a rule, and where."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Errors stop a book, warnings stop `check --strict`, notes stop nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """What is the matter; scripts may rely on these names."""

    INVALID = "invalid"
    NEVER_HITS = "never-hits"
    UNREACHABLE = "unreachable"
    COVERED = "covered"
    DUPLICATE = "duplicate"
    SAME_STEM = "same-stem"
    WRONG_SCRIPT = "wrong-script"
    NEGATIVE = "negative"
    STOP_WORD = "stop-word"
    REGEX_ONLY = "regex-only"
    BROAD = "broad-wildcard"
    EQUAL = "equal-rule"
    SUBSUMED = "subsumed-rule"
    UNUSED_LIST = "unused-list"
    LOOK_ALIKE = "look-alike"
    OPERATOR = "operator"
    THRESHOLD = "threshold"
    IDLE_WEIGHT = "idle-weight"
    NOT_ENFORCED = "not-enforced"
    NOT_SEARCHED = "not-searched"


NOTES = frozenset({Code.NOT_ENFORCED, Code.NOT_SEARCHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`message` about a rule, or a list if `rule` is empty, at the clause named.

    `clause` is a path as evidence has it (`all[1].any[0]`); of a list, an index (`[2]`).
    """

    code: Code
    message: str
    rule: str = ""
    clause: str = ""
    list_name: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is; errors are never found here."""
        return Severity.NOTE if self.code in NOTES else Severity.WARNING
