"""Going on where a run was stopped: checkpoints, the saved configuration, signals."""
