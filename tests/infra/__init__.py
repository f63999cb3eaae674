"""The infrastructure, checked against the code that will run on it; no subscription is needed."""
