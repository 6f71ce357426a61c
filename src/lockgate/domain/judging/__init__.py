"""From policy and evidence to a verdict."""
