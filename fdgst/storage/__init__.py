"""Files of the project: atomic writing, and the HDF5 kinds of docs/format.md. The only place that imports h5py."""
