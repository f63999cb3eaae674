"""Who is calling, told from credentials that were verified."""
