"""What was injected: from amounts and drug mentions to each drug's own share (see ``extractor.language.administration``)."""
