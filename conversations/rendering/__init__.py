"""The only producer of message HTML on the server."""
