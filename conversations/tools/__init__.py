"""What Claude may call: one file per tool, and the registry that offers them."""
