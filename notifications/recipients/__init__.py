"""Who and where: what the registers know of recipients, one module per register."""
