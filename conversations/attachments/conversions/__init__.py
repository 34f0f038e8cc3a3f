"""Documents become the text that Claude reads: one file for each format.

Nothing is imported here: each conversion loads its own libraries, in the child process.
"""
