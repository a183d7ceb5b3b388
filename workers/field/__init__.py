"""The field's own benchmarks: readers of their folders, label policies, published figures to compare with."""
