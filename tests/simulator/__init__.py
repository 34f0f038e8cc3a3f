"""Tests of the simulated Claude API."""
