"""What was trained and measured, drawn."""
