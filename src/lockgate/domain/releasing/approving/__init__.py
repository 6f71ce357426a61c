"""Approvals: who let an environment serve a release, and whether that suffices."""
