"""The names of the engines, apart from the engines: the command line lists them in its help."""

ENGINES = ("reference", "stream", "stream-float32", "stream-int8", "batch")
