"""Measuring recognizers."""
