"""Draw the example pages and lines of this folder from pages.yaml, with the faces that ship with hunmin."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from PIL import Image, ImageDraw, ImageFont

from hunmin.synth.fonts.faces import bundled_faces

HERE = Path(__file__).parent
FACES = {face.style: face for face in bundled_faces() if not face.held_out}
ANCHORS = {"left": "lm", "middle": "mm", "right": "rm"}


def draw(page: dict[str, Any]) -> tuple[Image.Image, dict[str, tuple[int, int, int, int]]]:
    """The page as printed, and the box of each text."""
    image = Image.new("RGB", page["size"], page["paper"])
    canvas = ImageDraw.Draw(image)
    boxes = {}
    for x, y, size_px, align, text, *face in page["texts"]:
        drawn_with = FACES[face[0] if face else page["face"]]
        if missing := set(text) - drawn_with.coverage:
            raise SystemExit(f"pages.yaml: {drawn_with.path.name} has no glyph for {missing} in {text!r}")
        font = ImageFont.truetype(drawn_with.path, size_px)
        canvas.text((x, y), text, page["ink"], font, ANCHORS[align])
        boxes[text] = canvas.textbbox((x, y), text, font, ANCHORS[align])
    for rule in page["rules"]:
        canvas.line(rule, page["ink"], 2)
    return image, boxes


def photograph(page: dict[str, Any], image: Image.Image) -> Image.Image:
    """The page lying on a desk, a little turned, unevenly lit, with noise."""
    pixels = np.asarray(image, dtype=np.float32)
    if "desk" in page:
        desk = Image.new("RGB", (image.width + 120, image.height + 120), page["desk"])
        desk.paste(image, (60, 60))
        centre = (desk.width / 2, desk.height / 2)
        turn = cv2.getRotationMatrix2D(centre, page["tilt_deg"], 1)
        pixels = cv2.warpAffine(np.asarray(desk, np.float32), turn, desk.size, borderMode=cv2.BORDER_REPLICATE)
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.7) * np.linspace(1, 0.85, desk.width)[:, np.newaxis]
    noise = np.random.default_rng(0).normal(0, page.get("noise", 0), pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


labels = []
for name, page in yaml.safe_load((HERE / "pages.yaml").read_text(encoding="utf-8")).items():
    printed, boxes = draw(page)
    photograph(page, printed).save(HERE / page["file"])
    for number, text in enumerate(page["lines"], start=1):
        left, top, right, bottom = boxes[text]
        crop = printed.crop((left - 5, top - 5, right + 5, bottom + 5))
        crop.save(HERE / "lines" / f"{name}_{number}.png")
        labels.append(f"{name}_{number}.png\t{text}\n")
(HERE / "lines" / "labels.tsv").write_text("".join(labels), encoding="utf-8")
