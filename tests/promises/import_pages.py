"""An import in a process of its own, so that it can be killed; says on its output how far it is."""

import sys
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from hunmin.data.imports.run import Engine, Imported, import_pages
from hunmin.data.store.assemble import in_processes
from tests.data.pages import CONFIG, ORIGIN, here, page, pages, without_image

NUM_PAGES = 420


def run(out: Path, engine: Engine = here, *, num_pages: int = NUM_PAGES, talk: bool = False) -> Imported:
    """Import pages, some of which come twice or have no image."""
    copies = (replace(page(number), id=f"copy-{number}", group=f"copy-{number}") for number in range(0, 40))
    broken = (without_image(page(number)) for number in range(num_pages, num_pages + 10))

    def report(task: str, num: int) -> None:
        if talk:
            sys.stdout.write(f"{task} {num}\n")
            sys.stdout.flush()

    given = chain(pages(num_pages), copies, broken)
    return import_pages(given, out, CONFIG, origin=ORIGIN, engine=engine, report=report)


if __name__ == "__main__":
    run(Path(sys.argv[1]), partial(in_processes, workers=int(sys.argv[2])), talk=True)
