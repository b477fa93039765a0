"""One converter for each document format; :mod:`extractor.batch.documents` is the way in."""
