"""A recognizer measured on labelled crops: accuracy and speed."""

from pathlib import Path

from hunmin.evaluation.labelled import labelled_crops
from hunmin.evaluation.predict import ReadCrops, predict
from hunmin.evaluation.report import build_report
from hunmin.evaluation.web_page import Measured
from hunmin.processes import num_cores


def measure(name: str, read: ReadCrops, data: Path, threads: int = 0) -> Measured:
    """Read every crop of `data` and compare with its label; characters that print alike count as the same.

    Args:
        name: of the recognizer, for tables and pages.
        read: crops → readings in the same order.
        data: as for `labelled_crops`; decoded anew at each call, because a large set would fill the memory.
        threads: that it reads with; 0 = all cores.

    Raises:
        InputError: the data cannot be read.
    """
    run = predict(read, labelled_crops(data))
    return Measured(name, build_report(run.predictions, fold=True), run.crops_per_s, threads or num_cores())
