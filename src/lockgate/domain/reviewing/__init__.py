"""What people read: a verdict and a policy in words."""
