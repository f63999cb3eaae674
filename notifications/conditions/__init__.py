"""Send conditions: asking an address that a caller chose, without letting it reach what is ours."""
