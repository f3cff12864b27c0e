"""The composition roots: the only places that build clients and join rooms, one for the service, one for a command line."""
