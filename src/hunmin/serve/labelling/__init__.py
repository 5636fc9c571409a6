"""Labelling lines in the browser: cut and read already, corrected by people, kept line by line.

append_file.py  a file that is only added to, and loses nothing that was added
cutting.py      pages of a folder become lines with crops, the most doubtful known by their readings
journal.py      what people say of each line
app.py          which path is answered by what
"""
