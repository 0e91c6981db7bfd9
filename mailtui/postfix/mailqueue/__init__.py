"""The queue of one instance: what waits there, who handed it in, what it says."""
