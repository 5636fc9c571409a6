"""Store → batches: streams, augmentation, collation."""
