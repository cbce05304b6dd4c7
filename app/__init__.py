"""Entry points: command line, API, settings and use cases."""
