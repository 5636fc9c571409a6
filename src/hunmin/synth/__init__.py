"""Synthetic Korean line images: fonts, texts, rendering, degradation."""
