"""Searchable PDFs of Korean scans: hunmin's own, and those of OCRmyPDF with Tesseract and with hunmin as its engine.

    benchmarks/print_documents.sh PDFS
    python benchmarks/bench_searchable_pdf.py PDFS --out FILE.md

Each page of the PDFs becomes a picture, a JPEG at 150 or 200 dpi, and the pictures a PDF without text. What each program makes
of it is compared with the text layer of the original. Recall is the share of the original's words that come back, precision the
share of the words given that are right, each counted as often as it stands there, whatever the order. Searched is the share of
the original's words of two characters or more that a search finds which does not mind spaces. Words are those that PDFium
extracts, and once more those of poppler (`pdftotext`). Seconds are of the processor, of which each program has one thread; it
starts anew for each document.
"""

import argparse
import io
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pikepdf
import pypdfium2
from machine import heading, write_result

from hunmin.documents.source.pdf import POINTS_AN_INCH
from hunmin.text.canonical import canonical
from hunmin.text.normalize import normalize_label

DPIS: Final = (150, 200)
JPEG_QUALITY: Final = 85
_HUNMIN: Final = (sys.executable, "-c", "from hunmin.cli.app import main; main()", "read", "--quiet", "--threads", "1")
_OCRMYPDF: Final = (sys.executable, "-m", "ocrmypdf", "--quiet", "--jobs", "1", "--output-type", "pdf", "-l", "kor")
PROGRAMS: Final = {
    "hunmin": _HUNMIN,
    "OCRmyPDF + hunmin": (*_OCRMYPDF, "--plugin", "hunmin.ocrmypdf"),
    "OCRmyPDF + Tesseract": _OCRMYPDF,
    "OCRmyPDF + Tesseract, `--pdf-renderer sandwich`": (*_OCRMYPDF, "--pdf-renderer", "sandwich"),
}
_ENVIRONMENT: Final = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}


@dataclass
class Score:
    """What a program made of all documents at one resolution."""

    num_true: int = 0
    num_given: int = 0
    num_right: int = 0
    num_right_by_poppler: int = 0
    num_searched: int = 0
    num_searchable: int = 0
    num_pages: int = 0
    num_bytes: int = 0
    num_bytes_before: int = 0
    seconds: float = 0.0
    by_document: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Words right and true of each."""

    def row(self) -> list[str]:
        """The cells of its row."""
        shares = (
            self.num_right / self.num_true,
            self.num_right / max(self.num_given, 1),
            self.num_right_by_poppler / self.num_true,
            self.num_searched / self.num_searchable,
        )
        return [
            *(f"{100 * share:.1f}" for share in shares),
            f"{self.seconds / self.num_pages:.1f}",
            f"{self.num_bytes / self.num_pages / 1e3:.0f}",
            f"{(self.num_bytes - self.num_bytes_before) / self.num_pages / 1e3:+.0f}",
        ]


def pages_of_text(path: Path) -> list[str]:
    """The text of each page, as PDFium extracts it."""
    document = pypdfium2.PdfDocument(path)
    return [str(document[number].get_textpage().get_text_range()) for number in range(len(document))]


def by_poppler(path: Path) -> str:
    """The text of all pages, as poppler extracts it."""
    command = ["pdftotext", "-enc", "UTF-8", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603


def normal(text: str) -> str:
    """`text` with signs that print alike as one, and without what extractors put at the ends of lines."""
    return canonical(normalize_label(re.sub(r"[\ufffe\x02\f]", " ", text)))


def words(text: str) -> Counter[str]:
    """How often each word stands in a text."""
    return Counter(normal(text).split())


def images_only(original: Path, dpi: int, path: Path) -> int:
    """Write the pages as pictures; how many bytes that takes."""
    document = pypdfium2.PdfDocument(original)
    with pikepdf.new() as pdf:
        for number in range(len(document)):
            page = document[number]
            picture = page.render(scale=dpi / POINTS_AN_INCH).to_pil().convert("RGB")
            encoded = io.BytesIO()
            picture.save(encoded, "JPEG", quality=JPEG_QUALITY)
            width, height = page.get_size()
            target = pdf.add_blank_page(page_size=(width, height))
            image = pikepdf.Stream(pdf, encoded.getvalue())
            image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
            image.Width, image.Height = picture.size
            image.ColorSpace, image.BitsPerComponent = pikepdf.Name.DeviceRGB, 8
            image.Filter = pikepdf.Name.DCTDecode
            target.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=pdf.make_indirect(image)))
            target.obj.Contents = pikepdf.Stream(pdf, f"q {width} 0 0 {height} 0 0 cm /Scan Do Q".encode())
        pdf.save(path)
    return path.stat().st_size


def measure(program: tuple[str, ...], original: Path, scan: Path, score: Score) -> None:
    """Have a program make a scan searchable, and add what came of it."""
    target = scan.with_name("searchable.pdf")
    target.unlink(missing_ok=True)
    command = [*program, str(scan), "-o", str(target)] if "read" in program else [*program, str(scan), str(target)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **_ENVIRONMENT})  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    score.seconds += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    truth, given = pages_of_text(original), pages_of_text(target)
    right = 0
    for true_text, given_text in zip(truth, given, strict=True):
        true_words, given_words = words(true_text), words(given_text)
        right += (true_words & given_words).total()
        score.num_true += true_words.total()
        score.num_given += given_words.total()
        unspaced = "".join(normal(given_text).split())
        searched = [word for word in true_words.elements() if len(word) > 1]
        score.num_searchable += len(searched)
        score.num_searched += sum(word in unspaced for word in searched)
    score.num_right += right
    score.num_right_by_poppler += (words(by_poppler(original)) & words(by_poppler(target))).total()
    score.num_pages += len(truth)
    score.num_bytes += target.stat().st_size
    score.num_bytes_before += scan.stat().st_size
    score.by_document[original.stem] = (right, words(" ".join(truth)).total())


def tables(scores: dict[tuple[int, str], Score]) -> str:
    """The figures as Markdown."""
    head = (
        "dpi",
        "program",
        "recall, %",
        "precision, %",
        "recall by poppler, %",
        "searched, %",
        "s a page",
        "kB a page",
        "kB added",
    )
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| {dpi} | {name} | {' | '.join(score.row())} |" for (dpi, name), score in scores.items()]
    documents = list(next(iter(scores.values())).by_document)
    lines += ["", "Recall by document, %:", "", f"| dpi | program | {' | '.join(documents)} |"]
    lines += ["|---" * (2 + len(documents)) + "|"]
    for (dpi, name), score in scores.items():
        cells = (f"{100 * right / true:.0f}" for right, true in score.by_document.values())
        lines.append(f"| {dpi} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables, and write them where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dpi", type=int, nargs="*", default=DPIS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    originals = sorted(options.folder.glob("*.pdf"))
    scores = {(dpi, name): Score() for dpi in options.dpi for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        scan = Path(folder) / "scan.pdf"
        for original in originals:
            for dpi in options.dpi:
                images_only(original, dpi, scan)
                for name, program in PROGRAMS.items():
                    measure(program, original, scan, scores[dpi, name])
                    print(
                        original.stem,
                        dpi,
                        name,
                        scores[dpi, name].by_document[original.stem],
                        file=sys.stderr,
                        flush=True,
                    )
    packages = ("onnxruntime", "opencv-python-headless", "pypdfium2", "pikepdf", "ocrmypdf")
    told = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    tesseract = told.partition("\n")[0]
    first = scores[options.dpi[0], next(iter(PROGRAMS))]
    about = f"{len(originals)} documents, {first.num_pages} pages, {first.num_true:,} words; {tesseract}.\n\n"
    write_result(options.out, heading("Searchable PDFs", packages) + "\n" + about + tables(scores))


if __name__ == "__main__":
    main()
