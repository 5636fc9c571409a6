"""What a run tells: figures, pictures, reports, trackers."""
