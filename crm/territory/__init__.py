"""Former towns, places and their dated facts, assignments of workers."""
