"""How a message leaves: the providers' protocols, one module each, and how their reports are read."""
