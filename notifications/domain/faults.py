"""Faults that are nobody's mistake and pass by themselves."""


class StorageUnavailable(Exception):
    """Storage did not answer, or said that it cannot now; what was asked may or may not have been done."""


class EndpointSilent(Exception):
    """A condition endpoint has not answered lately and enough wait for it already: it was not asked this time."""
