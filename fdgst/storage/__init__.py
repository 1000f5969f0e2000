"""Files of the project: atomic writing, and the HDF5 kinds of docs/format.md. The only place that imports h5py."""

SPLITS = ("train", "test")  # of a domain's images, in the order of its ROI file
