"""Benchmarks: they print figures, with the machine they were measured on, beside the budgets; they assert nothing."""
