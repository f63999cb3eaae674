"""Calls to addresses that callers chose: which may be called, and how names are looked up for it."""
