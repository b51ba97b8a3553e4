"""What a warm Job tells about its work; pure."""
