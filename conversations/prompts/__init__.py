"""From the stored path to the body of a request."""
