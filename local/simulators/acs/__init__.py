"""A Communication Services resource: what its two channels share, and both on one address, as in Azure."""
