"""The one way in which a command of ./dev refuses or gives up."""


class CommandError(Exception):
    """A command cannot go on; the text is one line for the person at the terminal that says what is wrong."""
