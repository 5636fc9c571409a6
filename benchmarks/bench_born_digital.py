"""How many words of born-digital pages come back when the pages are seen as pictures, in five forms and beside Tesseract.

    benchmarks/born_digital.sh PDFS
    python benchmarks/bench_born_digital.py PDFS [MODEL …] [--tesseract] [--out FILE.md]

The truth is the text layer of the first page of each PDF. A word (eojeol) counts as often as it stands there; its order does
not matter. The forms are made here, by other code than the generator's: a grey scan is soft, a little turned, noisy and
compressed; black and white goes through a fixed threshold. How hard they are was chosen by what Tesseract still reads of three
pages (a few per cent less than of the clean ones; fax a fifth less), never by what hunmin reads.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
from machine import heading, write_result
from numpy.typing import NDArray
from PIL import Image

from hunmin.documents.reader import Reader
from hunmin.recognize.recognizer import Recognizer
from hunmin.text.canonical import canonical
from hunmin.text.normalize import normalize_label

Picture = NDArray[np.uint8]


def rendered(page: pypdfium2.PdfPage, dpi: float) -> Picture:
    """(H, W) grey."""
    return np.asarray(page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L"))


def clean(page: pypdfium2.PdfPage, rng: np.random.Generator) -> Picture:
    """As a program draws it, at 150 dpi."""
    return rendered(page, 150)


def grey_scan(page: pypdfium2.PdfPage, rng: np.random.Generator) -> Picture:
    """An office scan at 150 dpi."""
    image = _scanned(rendered(page, 150), rng, blur_px=0.5, noise=4)
    encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 80))[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def black_and_white_200(page: pypdfium2.PdfPage, rng: np.random.Generator) -> Picture:
    """At 200 dpi, thin strokes just kept."""
    return _threshold(_scanned(rendered(page, 200), rng, blur_px=0.5, noise=8), 185)


def black_and_white_300(page: pypdfium2.PdfPage, rng: np.random.Generator) -> Picture:
    """At 300 dpi, a little pale."""
    return _threshold(_scanned(rendered(page, 300), rng, blur_px=0.7, noise=8), 180)


def fax_fine(page: pypdfium2.PdfPage, rng: np.random.Generator) -> Picture:
    """204 by 196 dots to the inch."""
    image = rendered(page, 204)
    height, width = image.shape
    sent = np.asarray(cv2.resize(image, (width, round(height * 196 / 204)), interpolation=cv2.INTER_AREA), np.uint8)
    return _threshold(_scanned(sent, rng, blur_px=0.6, noise=8), 190)


FORMS: dict[str, Callable[[pypdfium2.PdfPage, np.random.Generator], Picture]] = {
    "clean 150": clean,
    "grey scan 150": grey_scan,
    "black and white 200": black_and_white_200,
    "black and white 300": black_and_white_300,
    "fax fine": fax_fine,
}


def _scanned(image: Picture, rng: np.random.Generator, blur_px: float, noise: float) -> Picture:
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-0.4, 0.4), 1)
    image = np.asarray(cv2.warpAffine(image, turn, (width, height), borderValue=255), np.uint8)
    soft = cv2.GaussianBlur(image, (0, 0), blur_px).astype(np.float32) * 0.88 + 18
    return np.clip(soft + rng.normal(0, noise, soft.shape), 0, 255).astype(np.uint8)


def _threshold(image: Picture, level: float) -> Picture:
    return np.where(image > level, 255, 0).astype(np.uint8)


def words(text: str) -> Counter[str]:
    """How often each word stands in a text."""
    return Counter(canonical(normalize_label(text)).split())


def tesseract(image: Picture) -> str:
    """What Tesseract reads, with `kor+eng` and one thread."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.png"
        Image.fromarray(image).save(path)
        command = [shutil.which("tesseract") or "tesseract", str(path), "-", "-l", "kor+eng", "--psm", "3"]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)  # noqa: S603
        return done.stdout


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", default=["bundled"])
    parser.add_argument("--tesseract", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engines: dict[str, Callable[[Picture], str]] = {}
    for model in options.models:
        reader = Reader(Recognizer(model, threads=1))
        engines[model] = lambda image, reader=reader: reader.read(image).text  # type: ignore[misc]
    if options.tesseract:
        engines["Tesseract kor+eng"] = tesseract
    found: dict[str, Counter[str]] = {form: Counter() for form in FORMS}
    num_words = Counter[str]()
    paths = sorted(options.folder.glob("*.pdf"))
    for number, path in enumerate(paths):
        page = pypdfium2.PdfDocument(path)[0]
        truth = words(page.get_textpage().get_text_bounded())
        for form, make in FORMS.items():
            image = make(page, np.random.default_rng((number, len(form))))
            num_words[form] += truth.total()
            for engine, read in engines.items():
                found[form][engine] += (truth & words(read(image))).total()
    lines = [
        f"Words of {len(paths)} pages that come back, % of {num_words['clean 150']:,}.\n",
        "| form | " + " | ".join(engines) + " |",
        "|---" * (1 + len(engines)) + "|",
        *(
            f"| {form} | "
            + " | ".join(f"{100 * found[form][engine] / num_words[form]:.1f}" for engine in engines)
            + " |"
            for form in FORMS
        ),
    ]
    packages = ("onnxruntime", "opencv-python-headless", "pypdfium2")
    write_result(options.out, heading("Born-digital pages as pictures", packages) + "\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
