from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from hunmin.documents.source.images import open_image_file
from tests.documents.paper import HEIGHT, WIDTH, damaged_tiff, picture, scan_tiff


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
    (page,) = source.pages([1])
    assert f"moves.{suffix}: holds several pages or frames" in str(page.error)


def test_a_damaged_page_is_named_and_the_next_one_follows(tmp_path: Path) -> None:
    source = open_image_file(damaged_tiff(tmp_path / "a.tif"))
    first, second, third = source.pages([1, 2, 3])
    assert (first.error, third.error, second.pixels) == (None, None, None)
    assert str(second.error).startswith(f"{tmp_path / 'a.tif'}, page 2: damaged")


def test_of_a_tiff_that_is_cut_off_the_pages_before_the_cut_are_there(tmp_path: Path) -> None:
    path = scan_tiff(tmp_path / "a.tif", 3)
    with Image.open(path) as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
        directory_of_second = image.tag_v2.next
    path.write_bytes(path.read_bytes()[: directory_of_second + 2])
    source = open_image_file(path)
    assert [page.error is None for page in source.pages([1, 2])] == [True, False]
    assert source.num_pages == 2


@pytest.mark.parametrize("dpi", [(1, 1), (72000, 72000), (200, 100)])
def test_a_resolution_that_no_page_has_counts_as_none(tmp_path: Path, dpi: tuple[int, int]) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.tif", dpi=dpi)
    assert open_image_file(tmp_path / "a.tif").dpi == (None,)
