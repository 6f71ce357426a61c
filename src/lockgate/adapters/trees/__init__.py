"""Boosted trees: XGBoost and LightGBM."""
