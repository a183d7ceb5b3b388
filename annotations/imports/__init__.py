"""Corpus files to plain records: readers that stream, name every bad line, and touch no database."""
