"""Reading notes: a spaCy pipeline of small registered components (see :mod:`extractor.language.pipeline`)."""
