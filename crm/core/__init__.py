"""Values and rules without any input or output: everything else may know them."""
