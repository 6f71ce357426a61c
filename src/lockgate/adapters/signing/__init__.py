"""Keys and signatures: OpenSSF's `model-signing` signs; what it signed is checked with `cryptography` alone."""
