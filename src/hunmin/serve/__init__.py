"""Reading over HTTP: one model in memory for all who ask, and a page in the browser.

server.py     a listening socket, signals, uvicorn
app.py        which path is answered by what
requests/     a request on its way in and its answer on its way out
work.py       how much is done at once, and when it ends
batching.py   lines of different requests share batches
reading.py    what is done with an upload
"""
