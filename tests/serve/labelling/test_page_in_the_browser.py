"""Each step of labelling in a real Chromium, with the bundled model; two people at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from hunmin.documents.reader import Reader
from hunmin.serve.labelling.app import Labelling
from hunmin.serve.labelling.cutting import NamedFile
from hunmin.serve.settings import ServeSettings
from tests.serve.browser import Browser, chromium
from tests.serve.running import Running, serving, wait_until

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[NamedFile]:
    folder = tmp_path_factory.mktemp("pages")
    small = Image.open(EXAMPLES / "form.jpg").resize((330, 264), Image.Resampling.BOX)
    small.resize((1000, 800)).save(folder / "신청서.png")
    return [NamedFile(folder / "신청서.png", "신청서.png")]


@pytest.fixture
def service(pages: list[NamedFile], tmp_path: Path) -> Iterator[Running]:
    settings = ServeSettings(port=0)
    with Labelling(pages, tmp_path, settings, lambda _: None, make_reader=Reader, crops=False) as labelling:
        with serving(labelling.app, settings) as port:
            wait_until(lambda: not labelling._is_reading, 60)
            yield Running(port, labelling)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium("ko", tmp_path_factory.mktemp("downloads")) as started:
        yield started


def open_page(browser: Browser, service: Running) -> None:
    browser.open(f"http://127.0.0.1:{service.port}/")
    browser.wait_for("document.getElementById('crop').naturalWidth > 0")


def text(browser: Browser, selector: str) -> str:
    return str(browser.run("return document.querySelector(arguments[0]).innerText", selector))


def written(browser: Browser) -> str:
    return str(browser.value("document.getElementById('text').value"))


def write(browser: Browser, content: str) -> None:
    browser.run(
        "const field = document.getElementById('text'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('input', {bubbles: true}))",
        content,
    )


def labels(service: Running) -> list[str]:
    path = service.service.lines.folder / "labels.tsv"
    return [row.split("\t")[1] for row in path.read_text("utf-8").splitlines()[1:]] if path.exists() else []


def test_lines_are_corrected_with_the_keyboard_alone(browser: Browser, service: Running) -> None:
    open_page(browser, service)
    num = len(service.service.lines)
    most_doubtful, second = service.service.lines.by_doubt()[:2]
    assert written(browser) == most_doubtful.text
    assert browser.value("document.activeElement.id") == "text"
    assert text(browser, "#counts") == f"확정 0줄, 남은 줄 {num}"

    write(browser, most_doubtful.text + "끝")
    assert text(browser, "#difference") == "+ 끝"
    browser.wait_for("document.getElementById('saved').textContent === '입력한 글 저장됨'")
    open_page(browser, service)  # as after a crash of the browser
    assert written(browser) == most_doubtful.text + "끝"
    browser.press("Enter")
    browser.wait_for(f"document.getElementById('counts').textContent === '확정 1줄, 남은 줄 {num - 1}'")
    assert labels(service) == [most_doubtful.text + "끝"]
    assert written(browser) == second.text

    write(browser, "아무 말")
    browser.press("Escape")
    assert written(browser) == second.text
    browser.press("ArrowDown")
    browser.wait_for(
        "document.querySelector('#queue [aria-current]').parentElement === document.querySelectorAll('#queue li')[1]"
    )
    browser.press("ArrowUp")
    browser.wait_for(f"document.getElementById('text').value === '{second.text}'")
    assert browser.complaints() == []


def test_another_reading_is_taken_by_its_number_and_told_letter_by_letter(browser: Browser, service: Running) -> None:
    open_page(browser, service)
    before = written(browser)
    assert browser.value("document.querySelectorAll('#others button').length") > 0
    browser.run(
        "document.dispatchEvent(new KeyboardEvent('keydown', {altKey: true, code: 'Digit1', key: '1', bubbles: true}))"
    )
    assert written(browser) != before
    assert len(written(browser)) == len(before)
    assert " → " in text(browser, "#difference")
    browser.run(
        "document.dispatchEvent(new KeyboardEvent('keydown', {altKey: true, code: 'Digit0', key: '0', bubbles: true}))"
    )
    browser.wait_for("document.getElementById('counts').textContent.includes('건너뜀 1줄')")
    assert labels(service) == []


def test_an_enter_that_ends_a_syllable_confirms_nothing(browser: Browser, service: Running) -> None:
    open_page(browser, service)
    browser.run(
        "document.getElementById('text').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    browser.run("return new Promise((later) => setTimeout(later, 300))")
    assert service.service.journal.sequence == 0


def test_two_people_do_not_write_over_each_other(browser: Browser, service: Running, tmp_path: Path) -> None:
    open_page(browser, service)
    browser.type("#by", "민지")
    with chromium("ko", tmp_path) as other:
        other.open(f"http://127.0.0.1:{service.port}/")
        other.wait_for("document.getElementById('crop').naturalWidth > 0")
        write(browser, "민지의 글")
        browser.click("#confirm")
        browser.wait_for("document.getElementById('counts').textContent.startsWith('확정 1줄')")
        other.wait_for("!document.getElementById('overtaken').hidden")
        assert "민지 님이 이 줄을 ‘민지의 글’(으)로 확정했습니다" in text(other, "#overtaken")
        write(other, "준호의 글")
        other.click("#confirm")
        other.wait_for("!document.querySelector('#queue li.chosen button').textContent.includes('준호')")
        assert labels(service) == ["준호의 글"]
        # Each is sent to a line where the other one is not.
        other.wait_for("document.querySelectorAll('#queue .person').length === 1")
        assert written(browser) != written(other)


def test_around_a_line_its_page_is_shown(browser: Browser, service: Running) -> None:
    open_page(browser, service)
    browser.click("#look")
    browser.wait_for("document.getElementById('around').naturalWidth > 0")
    assert browser.value("document.getElementById('around').naturalHeight") > 60
    browser.click("#look")
    assert browser.value("document.getElementById('around').hidden")


def test_a_server_that_is_gone_is_told_and_nothing_is_taken_for_saved(
    browser: Browser, pages: list[NamedFile], tmp_path: Path
) -> None:
    settings = ServeSettings(port=0)
    with Labelling(pages, tmp_path, settings, lambda _: None, make_reader=Reader, crops=False) as labelling:
        with serving(labelling.app, settings) as port:
            wait_until(lambda: not labelling._is_reading, 60)
            open_page(browser, Running(port, labelling))
            before = written(browser)
        browser.click("#confirm")
        browser.wait_for("!document.getElementById('problem').hidden")
        assert "아직 저장되지 않았습니다" in text(browser, "#problem-text")
        assert written(browser) == before
        write(browser, before + "끝")
        browser.press("ArrowDown")
        assert written(browser) == before + "끝", "what is not saved is not left behind"


def test_the_page_fits_a_phone_in_english(service: Running, tmp_path: Path) -> None:
    with chromium("en-US", tmp_path, width=390, height=844, phone=True) as phone:
        open_page(phone, service)
        assert text(phone, "#counts").startswith("0 confirmed, ")
        assert phone.value("document.documentElement.scrollWidth") == 390
        phone.click("#confirm")
        phone.wait_for("document.getElementById('counts').textContent.startsWith('1 confirmed, ')")
        assert phone.complaints() == []
