"""The routes of the service, a module a resource: each has a `router` for `app.service.app`."""
