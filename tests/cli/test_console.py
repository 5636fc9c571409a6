"""What commands share on the terminal."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import typer
from rich.console import Console

from hunmin.cli.console import WholeOutput, interruptible, plain, progress, tsv_row
from hunmin.errors import InputError
from hunmin.text.printable import json_text, printable

HOSTILE = "한글\t[/x]\x1b[31m\n\u202e\u2028\udc80"


def on_a_terminal() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=True, width=100), file


def test_nothing_in_a_text_acts_on_a_terminal_or_breaks_a_row() -> None:
    escaped = r"한글\t[/x]\x1b[31m\n\u202e\u2028\udc80"
    assert printable(HOSTILE) == escaped
    assert plain(HOSTILE).plain == escaped
    assert tsv_row((HOSTILE, 1)) == f"{escaped}\t1"
    text = json_text({"text": f"<{HOSTILE}"})
    assert json.loads(text) == {"text": f"<{HOSTILE}"}
    assert not set("<\x1b\n\u202e\u2028") & set(text)


def test_every_step_has_a_bar_with_what_is_done_and_how_much_there_is() -> None:
    console, file = on_a_terminal()
    with progress(console) as steps:
        assert steps.are_shown
        steps.update("cutting [/x]", 3, 10)
        steps.update("storing", 1)
        steps.expect("storing", 7)
        steps.update("checking", 2, 41, now="grid\x1b")
    shown = file.getvalue()
    assert "cutting [/x]" in shown
    assert "3/10" in shown
    assert "1/7" in shown
    assert r"grid\x1b" in shown
    assert "2/41" in shown
    assert "checking" not in shown


def test_a_step_passes_its_items_on_and_counts_them() -> None:
    console, file = on_a_terminal()
    with progress(console) as steps:
        assert list(steps.each("reading", iter("abc"), 3)) == ["a", "b", "c"]
    assert "3/3" in file.getvalue()


def test_without_a_terminal_nothing_is_shown_and_everything_works() -> None:
    file = io.StringIO()
    with progress(Console(file=file)) as steps:
        assert not steps.are_shown
        steps.update("reading", 1, 2)
        assert list(steps.each("storing", [1, 2], 2)) == [1, 2]
    assert file.getvalue().strip() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_interruptible_command_with_its_message_after_it_has_cleared_up(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    has_cleared_up = False
    with pytest.raises(typer.Exit) as end, interruptible("out\x1b: interrupted"):
        try:
            signal.raise_signal(number)
        finally:
            has_cleared_up = True
    assert end.value.exit_code == 130
    assert has_cleared_up
    assert capsys.readouterr().err == "out\\x1b: interrupted\n"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_help_does_not_wait_for_progress_bars_or_pictures() -> None:
    late = "rich.progress", "cv2", "numpy", "PIL"
    code = f"import sys, hunmin.cli.app; print([name for name in {late} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_fails_while_it_is_written_does_not_keep_signals_from_ending_the_command() -> None:
    output = WholeOutput()
    with pytest.raises(InputError, match="full"), output.writing():
        raise InputError("the disk is full")
    with output.watched(), pytest.raises(SystemExit) as ended:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert ended.value.code == 128 + signal.SIGTERM
