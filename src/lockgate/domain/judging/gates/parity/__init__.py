"""The parity gate."""
