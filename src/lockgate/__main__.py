"""Lets ``python -m lockgate`` do what ``lockgate`` does."""

import sys
from pathlib import Path

# As for `lockgate`, the working directory's modules come before nobody's; unless Lockgate itself is found there.
if Path(sys.path[0]).resolve() == Path.cwd() != Path(__file__).resolve().parents[1]:
    del sys.path[0]

from lockgate.cli.main import main

main()
