"""The edge: the app as the host indexes it, and its functions called as the host calls them."""
