"""The checks, a file a family."""
