"""Keeping an installation: backup, restore, and a look at what is wrong with it."""
