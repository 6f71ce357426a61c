"""Lets ``python -m lockgate`` do what ``lockgate`` does."""

from lockgate.cli.main import main

main()
