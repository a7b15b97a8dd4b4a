"""What wirewatch talks to, small: outlets, Slack, and real brokers started as children."""
