"""Figures say in words whether they keep to their budget, and percentiles are values that occurred."""

import math

import pytest

from benchmarks.figures import Section, budget_text, section_text, shown
from benchmarks.statistics import percentile


def test_a_value_at_its_limit_is_met_and_one_beyond_is_missed() -> None:
    section = Section("POST")
    section.at_most("p95", 100, 100, " ms")
    section.at_most("p99", 250.1, 250, " ms")
    assert [each.verdict for each in section.figures] == ["met", "missed"]


def test_a_value_that_could_not_be_measured_is_missed() -> None:
    section = Section("POST")
    section.at_most("p95", math.nan, 100)
    section.at_least("rate", math.nan, 50)
    assert [each.verdict for each in section.figures] == ["missed", "missed"]


def test_figures_without_a_budget_stay_out_of_the_budget_table() -> None:
    section = Section("POST")
    section.add("max", "1 s")
    assert budget_text([section]) == ""
    assert "max" in section_text(section)


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 2), (95, 4), (100, 4)])
def test_a_percentile_is_the_nearest_rank(percent: float, value: float) -> None:
    assert percentile([4, 1, 3, 2], percent) == value


def test_a_percentile_of_nothing_is_not_a_number() -> None:
    assert math.isnan(percentile([], 95))


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (0.01234, "0.0123"), (1234.5, "1234"), (99.94, "99.9")])
def test_numbers_show_three_digits(value: float, text: str) -> None:
    assert shown(value) == text
