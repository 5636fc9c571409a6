"""Korean text: normalisation, jamo, charsets, tokens."""
