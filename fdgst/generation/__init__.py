"""From ROI files to banks and shards: core + storage. Never loads torch."""
