"""Figures and how they are shown: measured beside budgeted, met or missed in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `met` is None where there is no budget for it."""

    what: str
    measured: str
    budget: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """Met or missed, or nothing."""
        return {None: "", True: "met", False: "missed"}[self.met]


@dataclass(slots=True)
class Section:
    """What one benchmark found: figures, and remarks on how they came about."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, measured: str) -> None:
        """Add a figure that has no budget."""
        self.figures.append(Figure(what, measured))

    def at_most(self, what: str, value: float, limit: float, unit: str = "") -> None:
        """Add a figure that should not exceed its budget."""
        self.figures.append(Figure(what, f"{shown(value)}{unit}", f"≤ {limit:g}{unit}", value <= limit))

    def at_least(self, what: str, value: float, limit: float, unit: str = "") -> None:
        """Add a figure that should reach its budget."""
        self.figures.append(Figure(what, f"{shown(value)}{unit}", f"≥ {limit:g}{unit}", value >= limit))


def shown(value: float) -> str:
    """A number with three significant digits, whole from a hundred on."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def section_text(section: Section) -> str:
    """A section as text: its table and its remarks."""
    rows = [(each.what, each.measured, each.budget, each.verdict) for each in section.figures]
    return "\n".join([f"\n{section.title}", *table(rows), *(f"  note: {each}" for each in section.notes)])


def budget_text(sections: Iterable[Section]) -> str:
    """All figures that have a budget, in one table."""
    figures = [each for each in chain.from_iterable(one.figures for one in sections) if each.met is not None]
    rows = [(each.what, each.measured, each.budget, each.verdict) for each in figures]
    return "\n".join(["\nAgainst the budgets", *table([("what", "measured", "budget", ""), *rows])]) if rows else ""


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of aligned columns."""
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(len(rows[0]))] if rows else []
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
