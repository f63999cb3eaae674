"""The monthly page: a form for the month, and what each organization had sent in it (http-contract.md section 3.11).

Plain HTML without scripts, which screen readers read as a form and a table. Counts are those that the feed keeps for a
creator and month; what it did not count is shown as a dash.
"""

import math
from calendar import month_name
from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape

from notifications.contract.metrics_form import Month
from notifications.domain.statuses import Channel, Status

HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}

type Counts = Mapping[str, int]
"""`shipments`, `{channel}.{status}`, and beside them `segments`, `due`, `within_10s` and `within_60s`."""

_SUCCESSFUL = (Status.ACCEPTED, Status.DELIVERED)
_UNKNOWN = "–"

_COLUMNS = (
    "Organization",
    "Total orders",
    "Total email notifications",
    "Successful email notifications",
    "Total SMS notifications",
    "Successful SMS notifications",
    "SMS segments",
    "Handed over within 10\u00a0s",
    "Handed over within 60\u00a0s",
)

_MEASURED = (
    "Handed over: of the notifications that became due, how many a provider was given in time. "
    "The promise is 95 % within 10 seconds and 99 % within 60. A reminder counts as an order of its own."
)

_STYLE = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
form { align-items: end; display: flex; flex-wrap: wrap; gap: 1rem; }
label { display: block; }
select, input, button { block-size: 2.25rem; box-sizing: border-box; font: inherit; padding: .25rem .5rem; }
input { inline-size: 6rem; }
div.table { overflow-x: auto; }
table { border-collapse: collapse; }
caption { font-weight: bold; padding: 1rem 0; text-align: start; }
th, td { border-bottom: 1px solid #767676; padding: .25rem .75rem; text-align: end; vertical-align: bottom; }
td, th[scope=row] { white-space: nowrap; }
th:first-child { text-align: start; }
tfoot { font-weight: bold; }"""


def form_page(chosen: Month) -> bytes:
    """The page before a month was asked for; `chosen` is the month that the form suggests."""
    return _page("Notifications by month", _form(chosen))


def month_page(month: Month, totals: Mapping[str, Counts]) -> bytes:
    """The page of a month, one row for each organization by name, and their sum."""
    when = f"{month_name[month.month]} {month.year}"
    if totals:
        figures = _table(f"Notifications of shipments that ended in {when} (UTC)", totals)
    else:
        figures = f"<p>No shipment ended in {when} (UTC).</p>"
    return _page(f"Notifications in {when}", f"{_form(month)}\n{figures}")


def _page(title: str, content: str) -> bytes:
    page = f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{_STYLE}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""
    # An organization's name may hold what UTF-8 cannot.
    return page.encode("utf-8", "replace")


def _form(chosen: Month) -> str:
    options = "\n".join(
        f'<option value="{number}"{" selected" if number == chosen.month else ""}>{month_name[number]}</option>'
        for number in range(1, 13)
    )
    return f"""\
<form method="post">
<div><label for="month">Month</label>
<select id="month" name="month" required>
{options}
</select></div>
<div><label for="year">Year</label>
<input id="year" name="year" type="number" value="{chosen.year}" required></div>
<button type="submit">Show</button>
</form>"""


def _table(caption: str, totals: Mapping[str, Counts]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in _COLUMNS)
    rows = "\n".join(_row(organization, counts) for organization, counts in sorted(totals.items()))
    return f"""\
<div class="table" role="region" aria-label="Figures" tabindex="0">
<table aria-describedby="measured">
<caption>{caption}</caption>
<thead>
<tr>{head}</tr>
</thead>
<tbody>
{rows}
</tbody>
<tfoot>
{_row("All", _sum(totals.values()))}
</tfoot>
</table>
</div>
<p id="measured">{_MEASURED}</p>"""


def _row(name: str, counts: Counts) -> str:
    cells = "".join(f"<td>{cell}</td>" for cell in _cells(counts))
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'


def _cells(counts: Counts) -> list[str]:
    # The store keeps no zeros: with anything counted as due, a missing figure is one.
    segments = str(counts.get("segments", 0)) if "due" in counts else _UNKNOWN
    return [
        str(counts.get("shipments", 0)),
        *(
            str(sum(counts.get(f"{channel}.{status}", 0) for status in statuses))
            for channel in Channel
            for statuses in (Status, _SUCCESSFUL)
        ),
        segments,
        _share(counts, "within_10s"),
        _share(counts, "within_60s"),
    ]


def _share(counts: Counts, part: str) -> str:
    """A percentage, never rounded up: what falls short of a promise must not look as if it kept it."""
    due = counts.get("due", 0)
    return f"{math.floor(1000 * counts.get(part, 0) / due) / 10:.1f} %" if due else _UNKNOWN


def _sum(all_counts: Iterable[Counts]) -> Counts:
    total: Counter[str] = Counter()
    for counts in all_counts:
        total.update(counts)
    return total
