"""`python -m tests.bench`: what Colloquy costs, beside two servers that do less."""
