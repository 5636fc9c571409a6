"""All faults that the doctor has to find."""

from tests.doctor.data_faults import DATA_FAULTS
from tests.doctor.fault import Fault
from tests.doctor.machine_faults import MACHINE_FAULTS
from tests.doctor.model_faults import MODEL_FAULTS, SHORT_RUN_FAULTS
from tests.doctor.target_faults import TARGET_FAULTS

FAULTS: list[Fault] = [*DATA_FAULTS, *TARGET_FAULTS, *MODEL_FAULTS, *MACHINE_FAULTS, *SHORT_RUN_FAULTS]
