"""The service: the API that planners' tools and GIS programs talk to, over the store."""
