"""The imperative shell around the pure core, one verb per module. It knows ports only, never a client library."""
