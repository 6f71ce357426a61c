"""The calibration gate."""
