"""One foreign tool each, behind a port; loaded only when used, never importing each other."""
