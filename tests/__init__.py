"""The tests: unit/ (pure), features/ (by package, both databases), fitness/ (the architecture), browser/."""
