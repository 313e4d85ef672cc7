"""Checks a person can run: receipts of answers, golden questions, a check-up."""
