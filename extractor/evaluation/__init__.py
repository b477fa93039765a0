"""Scores against gold (``tpi evaluate``)."""
