"""Verbs that change state: lock, look, change, record, in one short transaction each."""
