"""Models on the Hugging Face Hub: `hunmin pull`, `hunmin push`, and what was pulled.

Only those two talk to the Hub; a model that was pulled is read from this machine's disk, and never looked for elsewhere.
"""
