"""The figures of a project's dashboard: computed by a worker, stored with their time, never in a request."""
