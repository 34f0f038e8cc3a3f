"""Campaigns against the real server: it is killed, frozen, cut off and starved."""
