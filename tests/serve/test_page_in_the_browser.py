"""Each step of reading in a real Chromium, with the bundled model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from hunmin.documents.reader import Reader
from tests.serve.browser import Browser, chromium
from tests.serve.running import Running, running

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
TOKEN = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(Reader()) as started:
        yield started


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[Browser]:
    with chromium("ko", downloads) as started:
        yield started


def read(browser: Browser, service: Running, path: Path) -> None:
    browser.open(f"http://127.0.0.1:{service.port}/")
    browser.type("#file", str(path))
    browser.wait_for("document.getElementById('progress').hidden && !document.getElementById('result').hidden")


def text(browser: Browser, selector: str) -> str:
    return str(browser.run("return document.querySelector(arguments[0]).innerText", selector))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "두 쪽.pdf"
    first, second = (Image.open(EXAMPLES / name).convert("RGB") for name in ("sign.jpg", "form.jpg"))
    first.save(path, save_all=True, append_images=[second])
    return path


def test_a_page_is_read_and_its_boxes_and_its_text_go_together(browser: Browser, service: Running) -> None:
    read(browser, service, EXAMPLES / "form.jpg")
    browser.wait_for("document.querySelector('.sheet img')?.complete")
    assert text(browser, "#status") == "16줄을 읽었습니다."
    assert browser.value("document.querySelectorAll('.sheet polygon').length") == 16
    assert text(browser, "#lines li") == "도서관 회원 가입 신청서"

    browser.hover("#lines li:nth-child(3)")
    browser.wait_for("document.querySelectorAll('.sheet polygon.near').length === 1")
    browser.click("#lines li:nth-child(3)")
    assert browser.value("document.querySelectorAll('.sheet polygon.chosen').length") == 1
    assert browser.value("document.querySelector('#lines li.chosen canvas').height") > 20
    browser.press("ArrowDown")
    assert (
        browser.value("[...document.querySelectorAll('#lines li')].findIndex(li => li === document.activeElement)") == 3
    )
    assert browser.value("document.activeElement.getAttribute('aria-current')") == "true"
    browser.press("Home")
    assert browser.value("document.activeElement.innerText.trim()").endswith("도서관 회원 가입 신청서")
    browser.run(
        "document.querySelectorAll('.sheet polygon')[5].dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert browser.value("document.activeElement.tagName") == "LI"
    assert browser.complaints() == []


def test_doubtful_words_are_marked_and_found(browser: Browser, service: Running, tmp_path: Path) -> None:
    small = Image.open(EXAMPLES / "form.jpg").resize((330, 264), Image.Resampling.BOX)
    small.resize((1000, 800)).save(tmp_path / "faint.png")
    read(browser, service, tmp_path / "faint.png")
    number = browser.value("document.querySelectorAll('#lines li.low').length")
    assert number > 0
    assert text(browser, "#doubts") == f"확실하지 않은 줄 {number}개"
    browser.click("#next-doubt")
    assert browser.value("document.activeElement.querySelector('.doubt').title").startswith("확신도 ")
    assert " →" in browser.value("document.activeElement.querySelector('.others').innerText")
    assert "확실하지 않음" in browser.value("document.activeElement.textContent")

    as_read = browser.value("document.activeElement.querySelector('.doubt').textContent")
    instead = browser.value("document.activeElement.querySelector('.others button').childNodes[1].textContent")
    browser.press("1")
    assert browser.value("document.activeElement.querySelector('.mended').textContent") == instead
    assert text(browser, "#status") == f"{as_read} → {instead}"
    browser.run("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
    browser.click("#copy")
    line = browser.value(
        "[...document.querySelector('#lines .chosen').childNodes].filter((node) =>"
        " node.nodeType === 3 || node.className.startsWith('doubt')).map((node) => node.textContent).join('')"
    )
    assert line in browser.value("window.copied").splitlines()
    assert browser.value("!document.getElementById('only-text').hidden")
    browser.run("document.querySelector('#lines .chosen').focus()")
    browser.press("Escape")
    assert browser.value("document.querySelectorAll('.mended').length") == 0
    assert browser.value("document.activeElement.querySelector('.doubt').textContent") == as_read
    browser.press("Enter")
    assert browser.value("document.querySelectorAll('#lines li.low').length") == number - 1
    assert browser.complaints() == []


def test_several_pages_are_read_one_after_the_other_and_turned_over(
    browser: Browser, service: Running, pages: Path
) -> None:
    read(browser, service, pages)
    assert text(browser, "#status").startswith("2쪽, ")
    assert text(browser, "#page-number") == "1 / 2쪽"
    assert text(browser, "#lines li").startswith("해오름 책방")
    assert browser.value("document.getElementById('previous').disabled")
    browser.click("#next")
    assert text(browser, "#lines li").startswith("도서관 회원")
    browser.wait_for("document.querySelector('.sheet img')?.naturalWidth > 0")
    assert browser.complaints() == []


def test_everything_can_be_taken_away(browser: Browser, service: Running, pages: Path, downloads: Path) -> None:
    read(browser, service, pages)
    browser.run("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
    browser.click("#copy")
    assert browser.value("window.copied").splitlines()[0] == "해오름 책방"
    assert "도서관 회원 가입 신청서\n" in browser.value("window.copied")
    browser.click("#download")
    assert browser.value("document.activeElement.innerText").split() == ["글만", ".txt"]
    browser.press("Escape")
    assert browser.value("document.getElementById('formats').hidden && document.activeElement.id") == "download"
    for place, name in ((1, "두 쪽.txt"), (2, "두 쪽.searchable.pdf"), (6, "두 쪽.hocr"), (8, "두 쪽.page.xml")):
        browser.click("#download")
        browser.click(f"#formats li:nth-child({place}) button")
        browser.wait_for(f"document.getElementById('status').textContent === '{name}을 내려받았습니다.'")
    for _ in range(100):
        found = {path.name for path in downloads.iterdir() if path.suffix != ".crdownload"}
        if len(found) == 4:
            break
        browser.run("return new Promise((later) => setTimeout(later, 50))")
    assert found == {"두 쪽.txt", "두 쪽.searchable.pdf", "두 쪽.hocr", "두 쪽.page.xml"}
    assert (downloads / "두 쪽.searchable.pdf").read_bytes().startswith(b"%PDF")


def test_the_text_of_a_document_that_was_stopped_is_read_to_its_end(
    browser: Browser, service: Running, pages: Path, downloads: Path
) -> None:
    for earlier in downloads.glob("*.txt"):
        earlier.unlink()
    browser.open(f"http://127.0.0.1:{service.port}/")
    browser.run(
        "new MutationObserver((_, watch) => { if (document.querySelector('#lines li')) {"
        " watch.disconnect(); document.getElementById('stop').click(); } })"
        ".observe(document.getElementById('lines'), { childList: true });"
    )
    browser.type("#file", str(pages))
    browser.wait_for("document.querySelector('#lines li') && document.getElementById('progress').hidden")
    assert text(browser, "#status") == "2쪽 가운데 1쪽까지 읽었습니다."
    browser.click("#download")
    browser.click("#formats li:nth-child(1) button")
    browser.wait_for("document.getElementById('status').textContent === '두 쪽.txt을 내려받았습니다.'")
    assert browser.value("document.getElementById('progress').hidden")
    browser.run("return new Promise((later) => setTimeout(later, 500))")
    (saved,) = downloads.glob("*.txt")
    assert "해오름 책방" in saved.read_text("utf-8") and "도서관 회원 가입 신청서" in saved.read_text("utf-8")
    assert browser.complaints() == []


def test_a_file_is_dropped_or_pasted(browser: Browser, service: Running) -> None:
    for kind, data in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        browser.open(f"http://127.0.0.1:{service.port}/")
        browser.run(
            "const canvas = document.createElement('canvas'); canvas.width = 200; canvas.height = 80;"
            "const draw = canvas.getContext('2d'); draw.fillStyle = '#fff'; draw.fillRect(0, 0, 200, 80);"
            "draw.fillStyle = '#000'; draw.font = '40px sans-serif'; draw.fillText('한글 12', 20, 54);"
            "return new Promise((done) => canvas.toBlob((blob) => {"
            "  const held = new DataTransfer(); held.items.add(new File([blob], 'a.png', {type: 'image/png'}));"
            "  const event = new Event(arguments[0], {bubbles: true, cancelable: true});"
            "  Object.defineProperty(event, arguments[1], {value: held}); document.dispatchEvent(event); done(); }))",
            kind,
            data,
        )
        browser.wait_for("document.querySelector('#lines li')")
        assert "12" in text(browser, "#lines li")


def test_what_goes_wrong_is_told_in_the_language_of_the_page(
    browser: Browser, service: Running, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("글")
    browser.open(f"http://127.0.0.1:{service.port}/")
    browser.type("#file", str(tmp_path / "notes.txt"))
    browser.wait_for("!document.getElementById('problem').hidden")
    assert text(browser, "#problem-text") == "이미지도 PDF도 아닌 파일입니다."
    assert browser.value("document.activeElement.id") == "other"
    browser.click("#language")
    assert text(browser, "#problem-text") == "This file is neither an image nor a PDF."
    assert browser.value("document.documentElement.lang") == "en"
    browser.click("#other")
    assert text(browser, "#start-title") == "Read Korean text"
    browser.click("#language")


def test_a_token_is_asked_for_and_kept_while_the_page_is_open(browser: Browser) -> None:
    with running(token=TOKEN) as service:
        browser.open(f"http://127.0.0.1:{service.port}/")
        browser.type("#file", str(EXAMPLES / "sign.jpg"))
        browser.wait_for("!document.getElementById('asking').hidden")
        browser.type("#secret-value", "wrong")
        browser.press("Enter")
        browser.wait_for("document.getElementById('secret-problem').textContent === '토큰이 맞지 않습니다.'")
        browser.type("#secret-value", TOKEN)
        browser.press("Enter")
        browser.wait_for("document.querySelectorAll('#lines li').length === 1")


def test_a_page_that_lies_on_its_side_is_shown_upright(browser: Browser, service: Running, tmp_path: Path) -> None:
    Image.open(EXAMPLES / "receipt.jpg").rotate(-90, expand=True).save(tmp_path / "turned.png")
    read(browser, service, tmp_path / "turned.png")
    browser.wait_for("document.querySelector('.sheet img')?.complete")
    width, height = browser.value(
        "(({width, height}) => [width, height])(document.querySelector('.sheet img').getBoundingClientRect())"
    )
    assert height > width
    first, last = (
        browser.value(f"document.querySelectorAll('.sheet polygon')[{at}].getBoundingClientRect().top")
        for at in (0, 20)
    )
    assert first < last


def test_the_page_fits_a_phone_in_english(service: Running, downloads: Path, pages: Path) -> None:
    with chromium("en-US", downloads, width=390, height=844, phone=True) as phone:
        phone.open(f"http://127.0.0.1:{service.port}/")
        assert text(phone, "#start-title") == "Read Korean text"
        assert phone.value("getComputedStyle(document.getElementById('photograph')).display") != "none"
        read(phone, service, pages)
        assert text(phone, "#status").endswith("on 2 pages.")
        assert phone.value("document.documentElement.scrollWidth") == 390
        shown = "[...document.querySelectorAll('button')].filter(b => b.offsetParent)"
        assert all(phone.value(f"{shown}.map(b => (b.innerText || b.getAttribute('aria-label') || '').trim())"))
        heights = phone.value(
            "[...document.querySelectorAll('#result button')].filter(b => b.offsetParent).map(b => b.offsetHeight)"
        )
        assert min(heights) >= 34
        assert phone.complaints() == []
