"""A document: its pages, read one after the other."""

from collections.abc import Callable, Iterator
from pathlib import Path

from hunmin.documents.page import DocumentPage
from hunmin.documents.running_heads import with_roles
from hunmin.documents.source.open_source import Source
from hunmin.documents.writers.save import chunks, save
from hunmin.documents.writers.text_format import TextFormat
from hunmin.errors import ImageError


class Document:
    """The pages of a file, each read when it is asked for and then forgotten: a document of any length fits into memory.

    Going through it again reads it again.

    Example:
        >>> for page in Reader().read_document("scan.pdf", pages="1-3"):
        ...     print(page.number, page.text)
    """

    def __init__(
        self,
        source: Source,
        numbers: tuple[int, ...],
        read: Callable[[], Iterator[DocumentPage]],
    ) -> None:
        """Put a document together; `Reader.read_document` does.

        Args:
            source: the file.
            numbers: of the pages that were asked for, from 1.
            read: reads them.
        """
        self.source = source
        self.page_numbers = numbers
        self.errors: dict[int, ImageError] = {}
        """Number of each page that could not be read, and why; of the pages that were last gone through."""
        self._read = read

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path

    def __len__(self) -> int:
        """How many pages were asked for; nothing is read to know it."""
        return len(self.page_numbers)

    def __iter__(self) -> Iterator[DocumentPage]:
        """Read the pages, one at a time; one that cannot be read says why in its `error`, and the next one follows.

        Raises:
            ImageError: the file has one page, and that cannot be read; or a PDF cannot be opened again after its renderer failed.
        """
        self.errors.clear()
        for page in self._read():
            if page.error:
                self.errors[page.number] = page.error
            yield page

    def with_roles(self) -> Iterator[DocumentPage]:
        """Read the pages and compare them: running heads, feet and page numbers are marked in `DocumentPage.roles`.

        Each page is given when the second after it has been read.

        Raises:
            ImageError: as iterating does.
        """
        return with_roles(self)

    def chunks(self, kind: TextFormat) -> Iterator[str]:
        """Read the document once, as text in one format, page by page."""
        return chunks(self.source, self.page_numbers, self, kind)

    def save(self, *targets: Path | str) -> list[Path]:
        """Read the document once and write it to files, each in the format that its name ends in.

        A page that cannot be read is left empty, and stands in `errors`.

        Args:
            targets: `.txt`, `.json`, `.tsv`, `.md`, `.hocr`, `.alto.xml`, `.page.xml`, or `.pdf`: a searchable PDF.

        Returns:
            The files written. PAGE XML of several pages takes one a page: `scan.0001.page.xml` …

        Raises:
            InputError: an ending is unknown, a target cannot be written, or the only page cannot be read; then no file is.
            ExtraMissingError: a searchable PDF, and the extra `documents` is not installed.
        """
        return save(self.source, self.page_numbers, self, [Path(target) for target in targets])
