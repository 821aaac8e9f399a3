"""The doors for programs: small WSGI handlers without sessions, cookies or pages."""
