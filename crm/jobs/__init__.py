"""Long work: the clock, claims, progress, the outbox and mail."""
