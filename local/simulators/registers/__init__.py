"""The registers: persons, organisations, external identities, names and authorisation, over their own protocols."""
