"""What was sent to Claude, request by request, for people to look at."""
