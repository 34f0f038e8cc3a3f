"""Batches: many requests for half the price, from a table or files to their answers."""
