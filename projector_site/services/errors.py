"""What can keep the servers from starting, told to the user in one sentence."""


class ServiceError(Exception):
    """A server cannot start or run; the message says why and what to do."""


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or a closed terminal: leave by way of an orderly stop."""
