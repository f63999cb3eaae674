"""A small Azure Functions host: it drives Microsoft's Python worker library and knows no particular app."""
