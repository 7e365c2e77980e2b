"""Model files out: XMILE."""
