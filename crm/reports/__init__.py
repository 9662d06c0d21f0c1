"""Figures of a month, its closing, the report for the city."""
