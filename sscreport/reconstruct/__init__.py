"""Reconstruct: study-level rows solved from the numbers an article prints."""
