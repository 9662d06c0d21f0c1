"""Intervals, the month's plan, records of contacts, the closing of a month."""
