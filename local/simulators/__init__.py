"""Simulators of the neighbours: the email provider, the SMS gateway and the token issuer, each its own program."""
