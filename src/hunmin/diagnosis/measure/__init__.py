"""What checks measure with: probes, short runs, times."""
