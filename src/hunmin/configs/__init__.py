"""Configuration values; what each means stands in the dataclasses of `hunmin.train.config` and `hunmin.model.config`."""
