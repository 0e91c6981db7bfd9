"""A disposable Falcot Corp mail server on loopback: to try the console on, and for tests to work with."""
