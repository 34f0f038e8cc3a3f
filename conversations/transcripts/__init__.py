"""What a reader of a conversation sees, from stored rows."""
