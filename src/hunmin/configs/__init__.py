"""Configuration values; what each means stands in `config.py` of `train`, `model`, `synth` and `data.imports`."""
