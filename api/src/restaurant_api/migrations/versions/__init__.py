"""One module a migration, each expanding or contracting, never both."""
