"""Labelled pages → stores of crops."""
