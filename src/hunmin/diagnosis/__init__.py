"""Why a training does not learn: checks of a configuration, its data, its model and a short run."""
