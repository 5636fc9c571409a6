"""PARSeq: encoders, decoder, heads, decoding, checkpoints."""
