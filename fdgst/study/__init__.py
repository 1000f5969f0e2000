"""What a study is: one validated model of everything in config.yaml, the paths of its files, and its documents."""
