"""The domain: zones, faces, matching and touring, with no file, network, clock or environment."""
