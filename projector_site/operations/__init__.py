"""What those who run Projector ask it: is it well, how busy is it, what happened, keep a copy."""
