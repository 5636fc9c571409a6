"""A machine-learning backend for Label Studio: it sends tasks, and gets lines with boxes and texts to correct.

Its interface is that of Label Studio's own `ml/api_connector.py`: GET `health`, POST `setup` and `predict`, GET `versions`.
What comes back is read by `hunmin.data.sources.label_studio`.
"""
