"""A person's message and everything that answers it, while it happens."""
