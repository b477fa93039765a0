"""The audit: notes against billed claims."""
