"""A notification-order service: orders in over HTTP, email and SMS out, every fate told to the service owner."""
