"""What people read: progress, summaries, tables."""
