"""Two-level cache of serialised responses. Knows bytes and keys, never domains, HTTP or SQL."""
