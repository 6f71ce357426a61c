"""Values and rules of Lockgate; standard library and numpy only."""
