"""What a delivery of reports holds, entry by entry, each as a delivery of its own that the same parser reads."""

import json
from collections.abc import Collection
from xml.etree.ElementTree import Element

from notifications.channels.sms.gateway_xml import read_xml, write_xml


def single_events(body: bytes, places: Collection[int]) -> list[bytes]:
    """The events at these places (from 0, as `parse_events` counts), each alone; the whole body where that fails."""
    try:
        events: object = json.loads(body)
        return [json.dumps(events[place]).encode() if isinstance(events, list) else body for place in places]
    except (ValueError, RecursionError, IndexError):
        return [body] * len(places)


def single_messages(body: bytes, places: Collection[int]) -> list[bytes]:
    """The same of the gateway's document, by the places that `parse_reports` counts; an entry that fails, the whole."""
    root = read_xml(body)
    entries = root.findall("MSG") if root is not None and root.tag == "MSGLST" else []
    if root is None or not entries:
        return [body] * len(places)
    return [_alone(entries[place]) or body for place in places]


def _alone(entry: Element) -> bytes | None:
    document = Element("MSGLST")
    document.append(entry)
    try:
        return write_xml(document)
    except RecursionError:
        # Elements are read to any depth, and written to the interpreter's.
        return None
