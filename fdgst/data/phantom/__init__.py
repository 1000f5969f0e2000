"""The phantom: drawn eyes with exact masks, by any number of cameras. Needs no download, and no person's photograph."""
