"""What the doctor says: findings with their evidence, and what to do about each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ostinato.figures import Table


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
        name: of the check, such as "overfitting".
        title: what is wrong, in a sentence.
        evidence: the numbers that say so.
        remedies: what to do, the most likely to help first.
    """

    name: str
    title: str
    evidence: str
    remedies: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.title} [{self.name}]", f"  {self.evidence}"]
        return "\n".join(lines + [f"  {k}. {each}" for k, each in enumerate(self.remedies, 1)])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What all checks found.

    Attributes:
        findings: what is wrong, the gravest first.
        healthy: names of the checks that found nothing.
        skipped: name of a check that could not be made, to the reason.
    """

    findings: Sequence[Finding]
    healthy: Sequence[str]
    skipped: Mapping[str, str]

    def __str__(self) -> str:
        found = [str(each) for each in self.findings] or ["Nothing found."]
        rest = [f"{len(self.healthy)} checks without a finding: {', '.join(self.healthy)}."]
        rest += [f"Not checked: {name}: {why}" for name, why in self.skipped.items()]
        return "\n\n".join([*found, "\n".join(rest)])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "findings": [dataclasses.asdict(each) for each in self.findings],
            "healthy": list(self.healthy),
            "skipped": dict(self.skipped),
        }

    def table(self) -> Table:
        """The findings as a figure for a page."""
        rows = []
        for each in self.findings:
            remedies = " ".join(f"{k}. {what}" for k, what in enumerate(each.remedies, 1))
            rows.append((each.title, each.evidence, remedies))
        return Table(
            title="What the doctor found" if rows else "The doctor found nothing",
            caption=f"{len(self.healthy)} checks found nothing: {', '.join(self.healthy)}.",
            columns=["finding", "evidence", "what to do, the likeliest help first"],
            rows=rows,
        )


class UncheckedError(Exception):
    """A check that cannot be made here; the message says why."""
