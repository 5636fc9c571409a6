"""A request on its way in and its answer on its way out.

account.py    around everything: an answer whatever happens, and an account of it
guard.py      who may ask, and what a browser may do with the answer
options.py    what address and headers ask for
uploads.py    a body becomes files, within its limits
problems.py   what goes wrong, as HTTP tells it
logs.py       what is written down of it
"""
