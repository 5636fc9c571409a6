"""Every kind of image gets the right pixels or a named error."""

import io
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hunmin.errors import ImageError, InputError
from hunmin.image import MAX_CROP_PIXELS, load_image, preprocess
from hunmin.opening import MAX_FILE_BYTES
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset

SPEC = RecognizerSpec.for_charset(Charset("two", "가나"), height_px=32, width_step_px=32, max_width_px=1024)


def load(source: object) -> NDArray[np.uint8]:
    return load_image(source, max_pixels=MAX_CROP_PIXELS)  # type: ignore[arg-type]


def code_of(source: object) -> str:
    with pytest.raises(ImageError) as caught:
        load(source)
    assert "\n" not in str(caught.value)
    return caught.value.code


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.fixture
def picture() -> Image.Image:
    """Left half red, right half white, with a black top left corner: every turn shows."""
    pixels = np.full((12, 20, 3), 255, dtype=np.uint8)
    pixels[:, :10] = (255, 0, 0)
    pixels[:4, :4] = 0
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("format", "options"),
    [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True}), ("TIFF", {"compression": "tiff_lzw"}), ("GIF", {})],
)
def test_lossless_formats_come_back_pixel_by_pixel(
    picture: Image.Image, format: str, options: dict[str, object]
) -> None:
    assert np.array_equal(load(encode(picture, format, **options)), np.asarray(picture))


def test_jpeg_comes_back_nearly(picture: Image.Image) -> None:
    difference = load(encode(picture, "JPEG", quality=95, subsampling=0)).astype(int) - np.asarray(picture)
    assert np.abs(difference).max() < 16


def test_paths_bytes_streams_and_pillow_images_give_the_same(picture: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "사진.png"
    path.write_bytes(encode(picture, "PNG"))
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), picture):
        assert np.array_equal(load(source), np.asarray(picture))
    with path.open("rb") as file:
        assert np.array_equal(load(file), np.asarray(picture))


def test_grey_and_one_bit_become_rgb() -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert np.array_equal(load(encode(Image.fromarray(grey), "PNG")), np.stack([grey] * 3, axis=2))
    bits = Image.fromarray(grey > 31).convert("1")
    for format in ("PNG", "TIFF", "BMP"):
        assert np.array_equal(load(encode(bits, format))[:, :, 0], np.where(grey > 31, 255, 0))


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 257, 32896, 65535]] * 4, dtype=np.uint16)
    for format in ("PNG", "TIFF"):
        assert load(encode(Image.fromarray(values), format))[0, :, 0].tolist() == [0, 1, 128, 255]
    for order in ("<u2", ">u2"):
        assert load(values.astype(order))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_sixteen_bits_are_rounded_to_the_nearest_grey() -> None:
    values = np.array([[128, 129, 65406, 65407]] * 4, dtype=np.uint16)
    for source in (values, encode(Image.fromarray(values), "PNG")):
        assert load(source)[0, :, 0].tolist() == [0, 1, 254, 255]


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_fewer_bits_stored_in_16_are_as_bright_as_they_were_meant(bits: int) -> None:
    white = 2**bits - 1
    values = np.array([[0, white // 2, white]] * 4, dtype=np.uint16)
    for source in (values, encode(Image.fromarray(values), "PNG"), encode(Image.fromarray(values), "TIFF")):
        assert load(source)[0, :, 0].tolist() == [0, 127, 255]
    assert (load(np.zeros((4, 4), dtype=np.uint16)) == 0).all()


def test_transparent_pixels_become_white(picture: Image.Image) -> None:
    see_through = picture.convert("RGBA")
    see_through.putalpha(Image.new("L", picture.size, 0))
    half = picture.convert("RGBA")
    half.putalpha(Image.new("L", picture.size, 128))
    assert (load(encode(see_through, "PNG")) == 255).all()
    assert (load(np.asarray(see_through)) == 255).all()
    expected = [255, 127, 127]
    assert np.abs(load(encode(half, "WEBP", lossless=True))[8, 2].astype(int) - expected).max() <= 1
    assert np.abs(load(np.asarray(half))[8, 2].astype(int) - expected).max() <= 1


def drawn_on_nothing(ink: int) -> Image.Image:
    """A bar in one grey, as much as letters cover of their line."""
    layer = np.zeros((20, 60, 4), dtype=np.uint8)
    layer[8:12, 10:50] = (ink, ink, ink, 255)
    return Image.fromarray(layer)


@pytest.mark.parametrize("ink", [0, 60, 128, 200, 255])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P", "RGBa", "La", "array"])
def test_what_is_drawn_on_nothing_shows_whatever_its_colour_and_mode(ink: int, mode: str) -> None:
    layer = drawn_on_nothing(ink)
    palette = Image.fromarray((np.asarray(layer)[:, :, 3] > 0).astype(np.uint8)).convert("P")
    palette.putpalette([9, 9, 9, ink, ink, ink])
    source: object
    if mode == "array":
        source = np.asarray(layer)
    elif mode == "P":
        palette.info["transparency"] = 0
        source = palette
    elif mode == "PA":
        source = palette.convert("PA")
        source.putalpha(layer.getchannel("A"))
    else:
        source = layer.convert("LA").convert("La") if mode == "La" else layer.convert(mode)
    pixels = load(source).astype(int)
    assert (pixels[10, 30] == ink).all()
    assert abs(pixels[0, 0] - ink).min() >= 64
    assert (pixels[0, 0] == 255).all() == (ink <= 128), "white, as long as that shows it"


def test_black_and_white_ink_on_nothing_both_show() -> None:
    layer = np.asarray(drawn_on_nothing(0)).copy()
    layer[8:12, 30:50, :3] = 255
    assert (load(layer)[0, 0] == 128).all()


def test_a_picture_with_transparent_corners_keeps_them_white() -> None:
    card = np.full((40, 60, 4), 255, dtype=np.uint8)
    card[15:20, 10:50, :3] = 0
    card[:4, :4, 3] = 0
    assert (load(card)[0, 0] == 255).all()


def test_a_transparent_palette_entry_becomes_white() -> None:
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert (load(encode(palette, "PNG")) == [10, 20, 30]).all()
    assert (load(encode(palette, "PNG", transparency=1)) == 255).all()
    assert (load(encode(palette, "GIF", transparency=1)) == 255).all()
    grey = Image.new("L", (4, 4), 7)
    assert (load(encode(grey, "PNG", transparency=7)) == 255).all()


def test_cmyk_is_converted() -> None:
    for format in ("JPEG", "TIFF"):
        assert (load(encode(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), format)) > 250).all()
        assert (load(encode(Image.new("CMYK", (8, 8), (0, 0, 0, 255)), format)) < 5).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_a_turned_photo_is_turned_back(picture: Image.Image, orientation: int, format: str) -> None:
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a.transpose(1, 0, 2), 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](np.asarray(picture))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"lossless": True} if format == "WEBP" else {}
    data = encode(Image.fromarray(np.ascontiguousarray(stored)), format, exif=exif, **options)
    assert np.array_equal(load(data), np.asarray(picture))


def test_broken_exif_data_turn_nothing(picture: Image.Image) -> None:
    for exif in (b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(30), b"Exif\0\0II*\0" + b"\xff" * 40):
        assert load(encode(picture, "JPEG", exif=exif)).shape == (12, 20, 3)


def test_files_of_several_pages_or_frames_are_refused(picture: Image.Image) -> None:
    other = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for format in ("GIF", "WEBP", "PNG", "TIFF"):
        assert code_of(encode(picture, format, save_all=True, append_images=[other])) == "several_frames"
        assert load(encode(picture, format, save_all=True)).shape == (12, 20, 3)


@pytest.mark.parametrize("kinds", [(0, 1), (1, 0), (0, 1, 1), (0, 4), (0, 5), (2, 1)])
def test_thumbnails_and_masks_of_a_tiff_are_no_pages(picture: Image.Image, kinds: tuple[int, ...]) -> None:
    assert np.array_equal(load(tiff_of(picture, kinds)), np.asarray(picture))


@pytest.mark.parametrize("kinds", [(0, 0), (2, 2), (0, 1, 0), (1, 1), (1,) * 20])
def test_a_tiff_without_one_picture_alone_is_refused(picture: Image.Image, kinds: tuple[int, ...]) -> None:
    assert code_of(tiff_of(picture, kinds)) == "several_frames"


def tiff_of(picture: Image.Image, kinds: tuple[int, ...]) -> bytes:
    """A TIFF with a directory of each NewSubfileType; reduced ones are half as large, masks are of 1 bit."""
    frames = []
    for kind in kinds:
        frame = picture.convert("1") if kind & 4 else picture.copy()
        frame = frame.resize((10, 6)) if kind & 1 else frame
        frame.encoderinfo = {"tiffinfo": {254: kind}}  # type: ignore[attr-defined]
        frames.append(frame)
    return encode(frames[0], "TIFF", save_all=True, append_images=frames[1:], tiffinfo={254: kinds[0]})


def test_a_second_picture_hidden_in_a_jpeg_is_passed_over(picture: Image.Image) -> None:
    data = encode(picture, "MPO", save_all=True, append_images=[picture])
    assert load(data).shape == (12, 20, 3)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
def test_half_a_file_is_unreadable(format: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    data = encode(noise, format)
    assert code_of(data[: len(data) // 2]) == "unreadable"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
def test_a_header_alone_is_unreadable_and_not_of_unknown_format(picture: Image.Image, format: str) -> None:
    assert code_of(encode(picture, format)[:12]) == "unreadable"


def test_what_is_no_image_says_so(tmp_path: Path) -> None:
    text = tmp_path / "note.png"
    text.write_text("이것은 그림이 아닙니다", encoding="utf-8")
    assert code_of(text) == "unknown_format"
    (tmp_path / "empty.png").touch()
    assert code_of(tmp_path / "empty.png") == "empty"
    assert code_of(tmp_path / "missing.png") == "not_found"
    assert code_of(tmp_path) == "is_folder"
    assert code_of("null\0character.png") == "not_found"
    assert code_of(b"") == "empty"
    assert code_of(os.fsencode(text)) == "unsupported"
    assert code_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)) == "unsupported"  # HWP
    with (tmp_path / "twice.png").open("w+b") as file:
        Image.new("RGB", (8, 8)).save(file, format="PNG")
        with pytest.raises(ImageError, match=r"twice\.png: was read to its end before; go back with seek\(0\)"):
            load(file)


def test_a_file_of_hundreds_of_megabytes_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "huge.bmp"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # sparse: it takes no room on the disk
    assert code_of(path) == "too_large"


@pytest.mark.parametrize(
    ("start", "name"),
    [(b"%PDF-1.7", "PDF"), (b"8BPS", "Photoshop"), (b"<svg xmlns=", "SVG")],
)
def test_other_formats_are_refused_by_name(start: bytes, name: str) -> None:
    with pytest.raises(ImageError, match=f"{name} files are not read") as caught:
        load(start + bytes(100))
    assert caught.value.code == "unsupported"


def test_formats_that_pillow_knows_but_hunmin_does_not_read_are_refused(picture: Image.Image) -> None:
    for format in ("PPM", "TGA", "EPS", "ICNS", "JPEG2000"):
        assert code_of(encode(picture, format)) in ("unsupported", "unknown_format")


def test_thirty_two_bit_pixels_and_odd_arrays_are_refused() -> None:
    for image in (Image.new("F", (8, 8), 0.5), Image.new("I", (8, 8), 7)):
        assert code_of(image) == code_of(encode(image, "TIFF")) == "unsupported"
    assert code_of(np.zeros((8, 8), dtype=np.float32)) == "unsupported"
    assert code_of(np.zeros((8, 8, 2), dtype=np.uint8)) == "unsupported"
    assert code_of(np.zeros(8, dtype=np.uint8)) == "unsupported"


def test_sizes_out_of_bounds_are_refused_for_every_kind_of_source() -> None:
    for source in (np.zeros((1, 9), np.uint8), Image.new("L", (9, 1)), encode(Image.new("L", (1, 1)), "PNG")):
        assert code_of(source) == "too_small"
    assert code_of(np.zeros((0, 9), dtype=np.uint8)) == "too_small"
    for source in (np.zeros((11, 10), np.uint8), Image.new("L", (10, 11)), encode(Image.new("L", (10, 11)), "PNG")):
        with pytest.raises(ImageError, match="more than") as caught:
            load_image(source, max_pixels=100)
        assert caught.value.code == "too_large"


def test_the_message_names_the_image(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"^missing\.png: "):
        load("missing.png")
    with pytest.raises(ImageError, match=r"^page 3: "):
        load_image(b"x", max_pixels=10, where="page 3")


def test_arrays_keep_their_channel_order_and_give_contiguous_rgb() -> None:
    rgb = np.zeros((4, 6, 3), dtype=np.uint8)
    rgb[..., 0] = 9
    loaded = load(rgb[:, ::-1])
    assert loaded.flags.c_contiguous
    assert loaded[0, 0].tolist() == [9, 0, 0]
    assert load(np.ones((4, 6, 1), dtype=bool)).max() == 255


def test_no_warning_leaks_and_the_filters_stay_as_they_were_when_threads_decode_together(picture: Image.Image) -> None:
    exif_with_a_bad_tag = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\xff\xff\0\0\xff\xff\0\0\0\0\0\0"
    data = encode(picture, "JPEG", exif=exif_with_a_bad_tag)
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [load(data) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load(data)  # pytest turns a warning here into an error
    assert list(warnings.filters) == before


def test_preprocessing_keeps_the_aspect_ratio_and_pads_with_mean_grey() -> None:
    image = np.full((64, 100, 3), 255, dtype=np.uint8)
    tensor = preprocess(image, SPEC)
    assert tensor.shape == (3, 32, 64)
    assert tensor.dtype == np.float32
    assert np.allclose(tensor[:, :, :50], 1.0)
    assert (tensor[:, :, 50:] == 0).all()


def test_preprocessing_normalises_with_the_mean_and_deviation_of_the_spec() -> None:
    spec = RecognizerSpec.for_charset(Charset("two", "가나"), mean=0.4, std=0.2)
    image = np.full((32, 32, 3), (0, 51, 255), dtype=np.uint8)
    assert np.allclose(preprocess(image, spec)[:, 5, 5], [-2.0, -1.0, 3.0], atol=1e-5)


def test_a_wider_bucket_adds_nothing_but_padding() -> None:
    image = np.random.default_rng(0).integers(0, 255, (40, 90), dtype=np.uint8)
    own, wider = preprocess(image, SPEC), preprocess(image, SPEC, bucket_px=256)
    assert np.array_equal(wider[:, :, : own.shape[2]], own)
    assert (wider[:, :, own.shape[2] :] == 0).all()


def test_grey_and_its_rgb_copy_are_the_same_to_the_model() -> None:
    grey = np.random.default_rng(1).integers(0, 255, (48, 300), dtype=np.uint8)
    assert np.allclose(preprocess(grey, SPEC), preprocess(np.stack([grey] * 3, axis=2), SPEC), atol=1e-6)


def test_a_crop_narrower_than_a_pixel_still_fills_a_bucket() -> None:
    assert preprocess(np.zeros((1000, 2), dtype=np.uint8), SPEC).shape == (3, 32, 32)


def test_too_wide_a_crop_is_an_error_that_says_to_split() -> None:
    with pytest.raises(InputError, match="split it"):
        preprocess(np.zeros((32, 1025), dtype=np.uint8), SPEC)
    with pytest.raises(InputError, match="more than 32"):
        preprocess(np.zeros((32, 64), dtype=np.uint8), SPEC, bucket_px=32)
    assert preprocess(np.zeros((32, 1024), dtype=np.uint8), SPEC).shape == (3, 32, 1024)


def test_a_file_that_was_opened_as_text_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    for content in (None, "no picture"):
        if content:
            (tmp_path / "a.png").write_text(content)
        with (tmp_path / "a.png").open(encoding="utf-8") as file, pytest.raises(ImageError, match="mode 'rb'"):
            load_image(file, max_pixels=MAX_CROP_PIXELS)  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_that_is_forked_while_other_threads_decode_can_decode() -> None:
    script = """
import io, os, threading, warnings
import numpy as np
from PIL import Image
from hunmin.image import load_image
noise = np.random.default_rng(0).integers(0, 255, (600, 900, 3), dtype=np.uint8)
buffer = io.BytesIO()
Image.fromarray(noise).save(buffer, format="PNG")
data, stop = buffer.getvalue(), threading.Event()
def work():
    while not stop.is_set():
        load_image(data, max_pixels=10**6)
threads = [threading.Thread(target=work) for _ in range(2)]
filters = list(warnings.filters)
for thread in threads:
    thread.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        load_image(data, max_pixels=10**6)
        os._exit(len(warnings.filters) != len(filters))
    assert os.waitpid(child, 0)[1] == 0
stop.set()
"""
    # In a process of its own, whose end a hung child cannot hold up.
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], timeout=60, check=True)
