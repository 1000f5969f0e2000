"""Tables of bad inputs, by what is bad."""

from tests.rough.cases import commands, csvs, folders, hdf5, images, masks, names, settings, tables, weights

CASES = [
    *images.CASES,
    *masks.CASES,
    *folders.CASES,
    *tables.CASES,
    *hdf5.CASES,
    *weights.CASES,
    *csvs.CASES,
    *settings.CASES,
    *commands.CASES,
    *names.CASES,
]
