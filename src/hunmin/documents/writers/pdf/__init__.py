"""Searchable PDFs: the pages as they are, and over them their text, invisible."""
