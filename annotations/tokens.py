"""The tokeniser, as the web side calls it: imports and translations are cut into words by the same rules."""

from workers.tokens import join_tokens, locate_tokens, span_of_characters, tokenize

__all__ = ["join_tokens", "locate_tokens", "span_of_characters", "tokenize"]
