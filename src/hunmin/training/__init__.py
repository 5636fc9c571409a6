"""Training: configuration, Lightning module, callbacks."""
