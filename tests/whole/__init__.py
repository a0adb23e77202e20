"""The program as its users run it: real processes, real sockets, the embedded engines."""
