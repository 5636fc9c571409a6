"""Read a page: python examples/read_page.py examples/receipt.jpg."""

import sys

from hunmin import Reader

page = Reader().read(sys.argv[1])
for line in page.lines:
    print(f"{line.confidence:.2f}  {line.text}")
