"""Small, deterministic fakes of the ports, by station; they keep their state in memory or in a folder that you give."""
