"""The lockgate verbs, one module each: they know ports, never the tools behind them."""
