"""The templates of pages and pictures: Jinja2 with escaping on, each compiled once in a process."""

import functools

import jinja2


@functools.cache
def template(name: str) -> jinja2.Template:
    """The template in this folder of that name."""
    return _environment().get_template(name)


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("lockgate.adapters.pages", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
