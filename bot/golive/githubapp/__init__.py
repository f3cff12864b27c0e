"""GitHub: webhooks in, reads and writes through PyGithub. The only importer of `github`."""
