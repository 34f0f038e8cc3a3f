"""The words between browser and server."""
