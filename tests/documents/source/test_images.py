from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from hunmin.documents.source.images import open_image_file
from hunmin.errors import ImageError
from tests.documents.paper import HEIGHT, WIDTH, picture, scan_tiff


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    source = open_image_file(scan_tiff(tmp_path / "세 쪽.tif", 3, dpi=(300, 300)))
    assert (source.num_pages, source.dpi) == (3, (300, 300, 300))
    pages = list(source.pages([1, 3]))
    assert [page.number for page in pages] == [1, 3]
    assert all(np.array_equal(page.pixels, picture()) for page in pages if page.pixels is not None)


def test_a_thumbnail_in_a_tiff_is_no_page(tmp_path: Path) -> None:
    path = tmp_path / "with_thumbnail.tif"
    thumbnail = Image.fromarray(picture()).resize((34, 22))
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[254] = 1
    thumbnail.encoderinfo = {"tiffinfo": info}
    Image.fromarray(picture()).save(path, save_all=True, append_images=[thumbnail])
    source = open_image_file(path)
    assert source.num_pages == 1
    (page,) = source.pages([1])
    assert (page.width_px, page.height_px) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_an_animation_is_refused_by_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"moves.{suffix}"
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("white", "black", "red")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    source = open_image_file(path)
    with pytest.raises(ImageError, match=rf"moves\.{suffix}: holds several pages or frames"):
        list(source.pages([1]))


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    path = scan_tiff(tmp_path / "a.tif", 2, compression="tiff_deflate")
    data = path.read_bytes()
    source = open_image_file(path)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ImageError, match=r"a\.tif"):
        list(source.pages([1, 2]))


@pytest.mark.parametrize("dpi", [(1, 1), (72000, 72000), (200, 100)])
def test_a_resolution_that_no_page_has_counts_as_none(tmp_path: Path, dpi: tuple[int, int]) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.tif", dpi=dpi)
    assert open_image_file(tmp_path / "a.tif").dpi == (None,)
