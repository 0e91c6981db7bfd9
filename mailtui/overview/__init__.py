"""Whether mail flows, and what it depends on, in a few lines; each is found out by itself."""
