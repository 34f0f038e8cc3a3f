"""Uploads become attachments, and attachments are served.

Nothing is imported here: the child process that reads uploads passes through this
file and shall meet neither Django nor a secret.
"""
