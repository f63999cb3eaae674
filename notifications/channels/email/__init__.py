"""Email: Azure Communication Services and its delivery events."""
