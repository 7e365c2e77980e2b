"""Types of what `egovsim` uses of llvmlite, which brings none of its own."""

__version__: str
