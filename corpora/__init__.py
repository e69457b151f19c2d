"""What we demonstrate and test on; imports nothing of ours."""
