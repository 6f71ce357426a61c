"""The accuracy gate."""
