"""The edge: access, forms, errors, rendering. Knows nothing of any feature."""
