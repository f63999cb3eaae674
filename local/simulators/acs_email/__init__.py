"""Azure Communication Services email: its REST API and its Event Grid delivery reports."""
