"""The web page of a server: what it shows, in plain data, and the templates that show it."""
