"""Importers: one file a format, each a generator of pages."""
