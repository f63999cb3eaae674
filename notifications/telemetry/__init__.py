"""What the service tells of itself: log events, measures and traces, none of which can carry personal data."""

from notifications.telemetry.events import UnknownField, error_name, event, fault

__all__ = ["UnknownField", "error_name", "event", "fault"]
