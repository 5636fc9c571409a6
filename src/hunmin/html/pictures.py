"""Pictures inside a page."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray


def picture(image: NDArray[np.uint8], *, max_width_px: int, max_height_px: int, jpeg_quality: int | None = None) -> str:
    """An `img` element that holds its picture.

    Args:
        image: (H, W) grey or (H, W, 3) RGB; made smaller where it is larger than the two limits.
        max_width_px: of the picture in the page.
        max_height_px: likewise.
        jpeg_quality: 1 to 100; None keeps every pixel, as PNG.
    """
    height, width = image.shape[:2]
    scale = min(1.0, max_width_px / width, max_height_px / height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    ordered = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)  # noqa: PLR2004 - grey
    if jpeg_quality is None:
        kind, encoded = "png", cv2.imencode(".png", ordered)[1]
    else:
        kind, encoded = "jpeg", cv2.imencode(".jpg", ordered, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])[1]
    data = base64.b64encode(encoded.tobytes()).decode("ascii")
    return f'<img src="data:image/{kind};base64,{data}" alt="">'
