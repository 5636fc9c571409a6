"""The devices by name: what a page may go through between being written and being cut into crops."""

from collections.abc import Callable

from numpy.random import Generator as Rng

from hunmin.synth.devices.camera import photo
from hunmin.synth.devices.display import passed_around, rendered, screenshot
from hunmin.synth.devices.printer import press, thermal
from hunmin.synth.devices.scanner import bw_scan, fax, grey_scan, photocopy
from hunmin.synth.pages.page import Page

Device = Callable[[Page, Rng, float], Page]
"""(page, rng, strength 0–1) → the page as the device delivers it, its boxes moved along."""


def _then(first: Device, second: Device) -> Device:
    """What the first makes goes through the second."""
    return lambda page, rng, strength: second(first(page, rng, strength), rng, strength)


DEVICES: dict[str, Device] = {
    "grey_scan": grey_scan,
    "bw_scan": bw_scan,
    "bw_scan_viewed": _then(bw_scan, passed_around),
    "fax": fax,
    "fax_viewed": _then(fax, passed_around),
    "photocopy": photocopy,
    "photo": photo,
    "thermal_photo": _then(thermal, photo),
    "thermal_scan": _then(thermal, grey_scan),
    "press_photo": _then(press, photo),
    "press_scan": _then(press, grey_scan),
    "rendered": rendered,
    "screenshot": screenshot,
    "passed_around": passed_around,
}
