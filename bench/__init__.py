"""The benchmarks that the README quotes: one command each, always with a baseline measured in the same run."""
