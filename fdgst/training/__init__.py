"""Training: settings, batches, methods, loop, checkpoint."""
