"""The project and the machine around it: settings, layout, health."""
