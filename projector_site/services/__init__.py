"""The servers that `manage.py up` starts and watches: embedded PostgreSQL, broker, worker, web.

Plain Python without Django: the supervisor stays small and has no database connection of its own.
"""
