"""Pages of HTML that need nothing else: no script, no network, their font and pictures inside.

Functions return HTML as text. What comes from a user, a label or a file goes through `text.shown` before it becomes part
of it; a parameter called `html` is HTML already.
"""
