"""A mail server that catches what it is sent: SMTP submission, with every failure that a sender may meet."""
