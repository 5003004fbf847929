"""What is trusted: schedules, which rules they break, what they cost, simple bounds."""
