"""What the drill plants in releases and approvals, after the gates."""
