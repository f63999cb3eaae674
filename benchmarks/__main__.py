"""`python -m benchmarks [NAME …]`: run the benchmarks, all or those named, and print their figures."""

import argparse
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields

from benchmarks.burst import burst
from benchmarks.cost_at_scale import cost_at_scale
from benchmarks.due_now import due_now
from benchmarks.fairness import fairness
from benchmarks.figures import Section, budget_text, section_text
from benchmarks.in_process import in_process
from benchmarks.large_order import large_order
from benchmarks.lateness import lateness
from benchmarks.lookup import lookup
from benchmarks.machine import machine_text
from benchmarks.options import Options
from benchmarks.orders_of_one import orders_of_one
from benchmarks.post_rate import post_rate
from benchmarks.spike import spike
from benchmarks.storage_calls import storage_calls
from benchmarks.validation import validation
from local.cli import run_until_signal
from local.errors import CommandError

type Benchmark = Callable[[Options], Awaitable[Section]]

BENCHMARKS: Mapping[str, Benchmark] = {
    "in-process": in_process,
    "validation": validation,
    "storage-calls": storage_calls,
    "post-rate": post_rate,
    "due-now": due_now,
    "lateness": lateness,
    "fairness": fairness,
    "burst": burst,
    "orders-of-one": orders_of_one,
    "cost-at-scale": cost_at_scale,
    "large-order": large_order,
    "lookup": lookup,
    "spike": spike,
}


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; 0 whatever the figures are, 1 where one could not be measured."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}")
    options = Options(**{each.name: getattr(given, each.name) for each in fields(Options)})
    print(machine_text(), flush=True)
    names = given.names or list(BENCHMARKS)
    sections: list[Section] = []
    stopped = run_until_signal(_run(names, options, sections), interrupted=130)
    print(budget_text(sections), flush=True)
    return stopped or int(len(sections) < len(names))


async def _run(names: Sequence[str], options: Options, sections: list[Section]) -> None:
    """Run one after the other; one that cannot be measured says so and leaves the others alone."""
    for name in names:
        began = time.monotonic()
        try:
            section = await BENCHMARKS[name](options)
        except (CommandError, RuntimeError) as error:
            print(f"\n{name} could not be measured: {error}", flush=True)
            continue
        sections.append(section)
        print(f"{section_text(section)}\n  ({name} took {time.monotonic() - began:.0f} s)", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    for each in fields(Options):
        switch = f"--{each.name.replace('_', '-')}"
        if each.type is bool:
            parser.add_argument(switch, action="store_true", help="Azurite keeps no data on disk")
        else:
            parser.add_argument(switch, type=int, default=each.default, metavar="N", help=f"{each.default}")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
