"""State: what is remembered of feeds between polls, and who polls which."""
