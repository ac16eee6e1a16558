"""Django templates as functions of their context: what they read, iterate, test and print."""
