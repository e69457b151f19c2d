"""The HR console at ``/hr``: pages rendered on the server, for people who keep the library."""
