"""Estimates with their uncertainty: intervals, paired differences, resampling; numpy only."""
