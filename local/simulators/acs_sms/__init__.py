"""Azure Communication Services SMS: its REST API and its Event Grid delivery reports."""
