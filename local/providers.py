"""Which providers the local system sends with: the simulators that stand for them, and where each shows its calls."""

import re
from dataclasses import dataclass
from typing import Literal

from local.simulators.acs.service import SMS_JOURNALS

type Email = Literal["acs", "smtp"]
type Sms = Literal["pswin", "acs", "both"]

EMAIL: tuple[Email, ...] = ("acs", "smtp")
SMS: tuple[Sms, ...] = ("pswin", "acs", "both")

# With both, Communication Services stand by for the gateway.
_ROUTES = {"pswin": "*=pswin", "acs": "*=acs", "both": "*=pswin,acs:0"}


@dataclass(frozen=True)
class Providers:
    """What was chosen; `routes`, as in the setting SMS_ROUTES, names the SMS providers instead of `sms`."""

    email: Email = "acs"
    sms: Sms = "pswin"
    routes: str | None = None

    @property
    def sms_routes(self) -> str:
        """The setting SMS_ROUTES."""
        return self.routes or _ROUTES[self.sms]

    @property
    def simulators(self) -> tuple[str, ...]:
        """The programs of `local.simulators` to start; emails and SMS of Communication Services share one."""
        by_sms = set(re.findall(r"[=,]\s*(\w+)", self.sms_routes))
        acs = {("acs", True): "acs", ("acs", False): "acs_email", ("smtp", True): "acs_sms"}
        needed = (
            "smtp" if self.email == "smtp" else None,
            acs.get((self.email, "acs" in by_sms)),
            "pswin" if "pswin" in by_sms else None,
        )
        return tuple(name for name in needed if name)

    def journals(self, acs: str, pswin: str, smtp: str) -> dict[str, str]:
        """Where each provider's journal is (before `/_calls`), given where the simulators listen."""
        where = {
            "smtp": {"smtp": smtp},
            "acs": {"acs-email": acs, "acs-sms": acs + SMS_JOURNALS},
            "acs_email": {"acs-email": acs},
            "acs_sms": {"acs-sms": acs},
            "pswin": {"pswin": pswin},
        }
        return {name: address for simulator in self.simulators for name, address in where[simulator].items()}
