"""Policy, evidence, champion and waivers become a verdict."""
