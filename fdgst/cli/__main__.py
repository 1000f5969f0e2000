"""Run as ``python -m fdgst.cli``."""

from fdgst.cli import main

main()
