"""Daily proposals: who is due, who needs care, and today's list."""
