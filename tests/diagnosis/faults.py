"""All faults that the doctor has to find."""

from tests.diagnosis.data_faults import DATA_FAULTS
from tests.diagnosis.fault import Fault
from tests.diagnosis.machine_faults import MACHINE_FAULTS
from tests.diagnosis.model_faults import MODEL_FAULTS, SHORT_RUN_FAULTS
from tests.diagnosis.target_faults import TARGET_FAULTS

FAULTS: list[Fault] = [*DATA_FAULTS, *TARGET_FAULTS, *MODEL_FAULTS, *MACHINE_FAULTS, *SHORT_RUN_FAULTS]
