"""The reference model project: who earns more than 50,000 dollars a year, from the Adult census data."""
