"""Samples, stores and batches."""
