"""What the simulator says, made from what it was really given."""
