"""From a trained model and pixels to masks."""

VIEWS = ("whole", "centre")
"""What the network is shown of a ROI: all of it, or its centre, as the released test script does with one domain."""

NORMALISATIONS = ("running", "test_batch")
"""By whose statistics batch normalisation normalises a test image: those gathered in training, or its batch's own."""
