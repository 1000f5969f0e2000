"""From a trained model and pixels to masks."""
