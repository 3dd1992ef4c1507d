"""Tests by what they prove: unit, integration, architecture (house rules), reliability (faults), browser."""
