"""Words at the border: bytes made safe to show, and the filter grammar of every list."""
