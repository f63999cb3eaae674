"""A shipment as it is shown in every place: manifest, feed, and the summaries and the status of the legacy API."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.system.legacy import legacy, processing
from tests.system.orders import Document
from tests.system.running import System
from tests.system.statuses import CHANNELS, ORDERS, Shown

ENDED = {"Order_Completed", "Order_SendConditionNotMet"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read at one time; `entry` is the feed's, None while it has none."""

    manifest: Document
    status: Document
    summaries: Mapping[str, Document]
    entry: Document | None = None

    def statuses(self) -> dict[str, str]:
        """The manifest's statuses by destination."""
        return {each["destination"]: each["status"] for each in self.manifest["recipients"]}

    def told(self, channel: str, member: str) -> dict[str, Shown]:
        """What the summary of a channel says of each recipient, by a member that names it, such as `mobileNumber`."""
        return {each["recipient"][member]: _shown(each) for each in self.summaries[channel]["notifications"]}

    def assert_alike(self) -> None:
        """Fails unless all places tell the same, each in its own words."""
        assert processing(self.status) == ORDERS[self.manifest["status"]]
        for channel, words in CHANNELS.items():
            self._assert_counted(
                channel, [words[each["status"]] for each in self.manifest["recipients"] if _channel(each) == channel]
            )
        assert (self.entry is not None) == (self.manifest["status"] in ENDED)
        if self.entry:
            assert self.entry["status"] == self.manifest["status"]
            assert _ends(self.entry) == _ends(self.manifest)

    def _assert_counted(self, channel: str, wanted: Sequence[Shown]) -> None:
        """Of a channel, the summary tells each notification, and the order's status how many succeeded."""
        summary, reached = self.summaries[channel], sum(each.succeeded for each in wanted)
        assert Counter(map(_shown, summary["notifications"])) == Counter(wanted)
        assert (summary["generated"], summary["succeeded"]) == (len(wanted), reached)
        counted = self.status.get("notificationsStatusSummary", {})
        assert (channel in counted) == bool(wanted)
        if wanted:
            assert (counted[channel]["generated"], counted[channel]["succeeded"]) == (len(wanted), reached)
            link = f"/orders/{self.status['id']}/notifications/{channel}"
            assert counted[channel]["links"]["self"].endswith(link)


async def see(system: System, owner: str, shipment: str, entry: Document | None = None) -> Seen:
    """Read a shipment in every place but the feed, whose entry may be given."""
    manifest = await system.shipment(shipment, owner)
    async with legacy(system, owner) as api:
        summaries = {channel: await api.summary(shipment, channel) for channel in CHANNELS}
        return Seen(manifest, await api.status(shipment), summaries, entry)


def _shown(notification: Document) -> Shown:
    status = notification["sendStatus"]
    return Shown(status["status"], status["description"], notification["succeeded"])


def _channel(recipient: Document) -> str:
    return str(recipient["type"]).lower()


def _ends(shown: Document) -> list[tuple[str, str]]:
    return sorted((each["destination"], each["status"]) for each in shown["recipients"])
