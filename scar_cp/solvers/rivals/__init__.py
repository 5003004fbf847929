"""What SCAR and CP-SAT are compared with: other searches, and schedules by rule."""
