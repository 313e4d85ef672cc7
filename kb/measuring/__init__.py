"""How good the answers are: evaluation and calibration."""
