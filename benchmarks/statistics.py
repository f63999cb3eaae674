"""Percentiles by nearest rank: every figure is a value that really occurred."""

import math
from collections.abc import Sequence

from benchmarks.figures import shown


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values: Sequence[float], *, scale: float = 1000, unit: str = "ms") -> str:
    """Median, p95, p99 and maximum in one line, scaled to the unit."""
    named = (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100))
    return "  ".join(f"{name} {shown(percentile(values, percent) * scale)} {unit}" for name, percent in named)
