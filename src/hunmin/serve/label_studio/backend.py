"""The answers to Label Studio."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import numpy as np

from hunmin.documents.reader import Reader
from hunmin.errors import InputError
from hunmin.pages.line import Line
from hunmin.pages.page import Page
from hunmin.serve.label_studio.images import Fetch
from hunmin.serve.label_studio.project import Project, parse_project
from hunmin.serve.requests.problems import RefusedError, of_error
from hunmin.serve.work import Stop

PREFIX: Final = "/label-studio"
MOST_TASKS: Final = 1_000
_LABELLED: Final = ("rectanglelabels", "labels")


@dataclass(frozen=True)
class Asked:
    """What `predict` is asked for."""

    project: Project
    addresses: tuple[str | None, ...]
    """Of each task's image, in their order; None where a task has none."""


def parse_asked(body: bytes) -> Asked:
    """Read the body of `predict`.

    Raises:
        RefusedError: it is none.
    """
    values = parse_object(body)
    tasks = values.get("tasks")
    if not isinstance(tasks, list) or not 1 <= len(tasks) <= MOST_TASKS:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "bad_request", f"tasks: give a list of 1 to {MOST_TASKS:,}")
    project = parse_project(values.get("label_config"))
    data = [task.get("data") if isinstance(task, dict) else None for task in tasks]
    named = [one.get(project.key) if isinstance(one, dict) else None for one in data]
    return Asked(project, tuple(one if isinstance(one, str) else None for one in named))


def parse_object(body: bytes) -> dict[str, Any]:
    """Read an object of JSON.

    Raises:
        RefusedError: it is none.
    """
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "bad_request", "the body is no JSON") from error
    if not isinstance(values, dict):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "bad_request", "the body is no object")
    return values


def predict(reader: Reader, asked: Asked, fetch: Fetch, folder: Path, version: str, stop: Stop) -> list[dict[str, Any]]:
    """Read the image of every task.

    Returns:
        A prediction a task, in their order, without a line where its image cannot be read.

    Raises:
        RefusedError: no image could be read; what was wrong with the first.
    """
    predictions: list[dict[str, Any]] = []
    problems: list[RefusedError] = []
    for number, address in enumerate(asked.addresses):
        stop.check()
        path = folder / str(number)
        results: list[dict[str, Any]] = []
        score = 0.0
        try:
            if address is None:
                told = f"task {number} has no image under {asked.project.key!r} of its data"
                raise RefusedError(HTTPStatus.BAD_REQUEST, "no_image", told)
            fetch(address, path)
            page = reader.read(path)
            results = page_results(page, asked.project)
            shown = [line.confidence for line in page.lines if line.text]
            score = float(np.mean(shown)) if shown else 0.0
        except RefusedError as error:
            problems.append(error)
        except InputError as error:
            problems.append(of_error(error, _naming(path, Path(address or "").name)))
        finally:
            path.unlink(missing_ok=True)
        predictions.append({"result": results, "score": round(score, 4), "model_version": version})
    if len(problems) == len(predictions):
        raise problems[0]
    return predictions


def _naming(path: Path, shown: str) -> Callable[[str], str]:
    return lambda message: message.replace(str(path), shown)


def page_results(page: Page, project: Project) -> list[dict[str, Any]]:
    """What Label Studio is to show of a page; nothing of lines in which nothing was read."""
    lines = enumerate(page.lines)
    return [result for number, line in lines if line.text for result in _line_results(number, line, page, project)]


def _line_results(number: int, line: Line, page: Page, project: Project) -> list[dict[str, Any]]:
    """A line as results of one id: its box for each tag that takes one, and its text.

    A box is a rectangle in percent of the picture, turned clockwise about its top left corner.
    """
    corners = np.array(line.box)
    top, left = corners[1] - corners[0], corners[3] - corners[0]
    place = {
        "x": 100 * corners[0][0] / page.width_px,
        "y": 100 * corners[0][1] / page.height_px,
        "width": 100 * math.hypot(*top) / page.width_px,
        "height": 100 * math.hypot(*left) / page.height_px,
        "rotation": math.degrees(math.atan2(top[1], top[0])) % 360,
    }
    shared = {
        "id": f"line{number}",
        "to_name": project.image,
        "original_width": page.width_px,
        "original_height": page.height_px,
        "image_rotation": 0,
        "score": round(line.confidence, 4),
    }
    results = [
        {
            **shared,
            "from_name": name,
            "type": kind,
            "value": {**place, **({kind: [project.label]} if kind in _LABELLED and project.label else {})},
        }
        for kind, name in project.boxes
    ]
    text = {**shared, "from_name": project.text, "type": "textarea", "value": {**place, "text": [line.text]}}
    return [*results, text]
