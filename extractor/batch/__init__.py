"""Many notes: readers, the run with its ledger and workers, and writers."""
