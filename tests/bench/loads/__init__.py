"""What the driver does to a server; each load is one file."""
