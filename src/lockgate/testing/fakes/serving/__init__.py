"""Packages, images and the service."""
