"""Database access: engines, sessions, schema. The lowest layer: imports nothing of the domains."""
