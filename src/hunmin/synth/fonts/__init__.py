"""Typefaces: which there are, what each one draws, and which stay out of training."""
