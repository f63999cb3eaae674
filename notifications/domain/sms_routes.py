"""Which SMS providers take the messages of which countries, as it is configured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PSWIN, ACS = "pswin", "acs"
PROVIDERS = (PSWIN, ACS)


@dataclass(frozen=True, slots=True)
class Route:
    """The providers of the numbers that begin with `prefix` (`+47`; empty for all), and the share that each gets.

    One with the weight 0 stands by: it is called when the others do not take a message.
    """

    prefix: str
    weights: Mapping[str, float]


def parse_routes(text: str, known: Sequence[str] = PROVIDERS) -> tuple[Route, ...]:
    """Routes as they are configured: `+47=pswin:9,acs:1;+358=acs;*=pswin,acs:0`. Raises `ValueError` that says how.

    A provider without a weight gets 1. Every number needs a route: `*` is the one for all that no other names.
    """
    routes = [_route(part, known) for part in text.split(";") if part.strip()]
    if len({each.prefix for each in routes}) != len(routes):
        raise ValueError("give each prefix once")
    if not any(not each.prefix for each in routes):
        raise ValueError("give a route for all other numbers too, such as *=pswin")
    return tuple(routes)


def _route(text: str, known: Sequence[str]) -> Route:
    prefix, separator, providers = (part.strip() for part in text.partition("="))
    if not separator or not (prefix == "*" or (prefix.startswith("+") and prefix[1:].isdigit())):
        raise ValueError("begin each route with a country prefix or *, such as +47=pswin or *=acs")
    weights = dict(_weight(each, known) for each in providers.split(",") if each.strip())
    if not weights or not any(weights.values()):
        raise ValueError("give each route a provider with a weight above 0")
    return Route("" if prefix == "*" else prefix, weights)


def _weight(text: str, known: Sequence[str]) -> tuple[str, float]:
    name, separator, weight = (part.strip() for part in text.partition(":"))
    if name not in known:
        raise ValueError(f"the providers are {', '.join(known)}")
    if not separator:
        return name, 1.0
    if not weight.isdigit():
        raise ValueError("a provider's weight is a whole number, such as pswin:9")
    return name, float(weight)
