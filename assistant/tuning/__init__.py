"""What ``policydesk tune generator`` is made of: targets, examples, the training loop and the release."""
