"""People, their posts and terms of office."""
