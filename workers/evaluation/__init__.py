"""Evaluation of taggers and runs: sentences to test on, answers, errors, and the report of it all."""
