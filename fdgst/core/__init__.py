"""Pure functions, arrays in and arrays out: no file, no clock, no global random state, no torch."""
