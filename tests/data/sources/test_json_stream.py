"""An array of any size, one element at a time, with words for damage."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hunmin.data.sources.downloads.files import File, open_files
from hunmin.data.sources.json_stream import stream_array, stream_elements
from hunmin.errors import InputError
from tests.data.zips import Raw, write_zip


def file_of(content: bytes, folder: Path) -> File:
    (folder / "a.json").write_bytes(content)
    return next(iter(open_files([folder / "a.json"])))


@dataclass(frozen=True)
class Pieces:
    """A file whose content comes in pieces of one size."""

    content: bytes
    step: int = 1000
    name: str = "a.json"

    def chunks(self, max_bytes: int) -> Iterator[bytes]:
        return (self.content[start : start + self.step] for start in range(0, len(self.content), self.step))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=10,
)


@settings(max_examples=50)
@given(
    before=st.dictionaries(st.text(), VALUES, max_size=3),
    wanted=st.lists(VALUES),
    after=VALUES,
    indent=st.none() | st.integers(0, 3),
)
def test_it_reads_what_the_whole_file_says(
    before: dict[str, Any], wanted: list[Any], after: Any, indent: int | None
) -> None:
    value = {key: item for key, item in before.items() if key != "wanted"} | {"wanted": wanted, "after": after}
    content = json.dumps(value, indent=indent).encode()
    assert list(stream_array(Pieces(content, 7), "wanted")) == wanted
    assert list(stream_elements(Pieces(json.dumps(wanted).encode(), 7))) == wanted


def test_values_may_be_cut_anywhere_between_two_readings() -> None:
    wanted = [123456, '한글 \\ " ]', [[]], {"a": "나"}, None, True, -1.5e10, 1]
    text = json.dumps({"n": 12.5, "wanted": wanted, "z": 0}, ensure_ascii=False)
    # The first reading ends at 66,000 characters of ASCII; what stands there moves through the whole value.
    for ahead in range(len(text) + 1):
        content = (" " * (66_000 - ahead) + text).encode("utf-8-sig")
        assert list(stream_array(Pieces(content), "wanted")) == wanted, ahead


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"images": [{"id": 1}, {"id": 2', r"a\.json: is no JSON \(.* at character 3\d\); download it again"),
        (b'{"images": [1, 2 3]}', r"expected ',' or the end of the list, found '3' at character 18"),
        (b'{"images": [1,', r"the file ends in the middle at character 15"),
        (b'{"images" 1', r"expected ':' behind a key, found '1' at character 11"),
        (b"[1]", r"a\.json: should be an object with a list 'images', found '\['"),
        (b"", r"the file ends in the middle at character 1"),
        (b'{"info": {}, "annotations": []}', r"a\.json: expected key 'images', found the keys 'info', 'annotations'"),
        (b'{"images": {"id": 1}}', r"a\.json: key 'images' should be a list, found '{'"),
        (b'{"images": [' + b"[" * 50_000, r"a\.json: is no JSON"),
        (b'{"images": [1, "\xff"]}', r"a\.json: is no UTF-8 text near byte 16; save it as UTF-8"),
        (b'{"images": [1, ' + b"9" * 5000 + b"]}", r"a\.json: is no JSON \(Exceeds the limit"),
    ],
)
def test_damage_is_named_with_its_place(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        list(stream_array(file_of(content, tmp_path), "images"))


def test_an_endless_element_is_given_up(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(b"a.json", b'{"images": ["' + b" " * (80 << 20))])
    tracemalloc.start()
    with pytest.raises(InputError, match="is no JSON"):
        list(stream_array(next(iter(open_files([tmp_path]))), "images"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20


def test_memory_stays_flat_whatever_the_size(tmp_path: Path) -> None:
    element = json.dumps({"id": "00000001", "text": "한글" * 50}).encode()
    write_zip(tmp_path / "a.zip", [Raw(b"a.json", b'{"images": [' + b",".join([element] * 20_000) + b"]}")])
    file = next(iter(open_files([tmp_path])))
    tracemalloc.start()
    assert sum(1 for _ in stream_array(file, "images")) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 << 20 < file.num_bytes
