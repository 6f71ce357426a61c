"""The drill: bad candidates are planted, and the gate meant for each must stop it."""
